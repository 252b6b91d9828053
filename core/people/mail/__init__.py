"""The outbox: ``outbox`` keeps postings deposited, ``outcome`` says how far they got, ``repricing`` adds work when asked."""
