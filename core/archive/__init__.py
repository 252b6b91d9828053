"""Archives: what a person takes out of an account as a file, and brings back.

    archive.zip                         or the same inside one file of the age format (``age``)
      README.txt                        what this is
      archive.json                      whose, when, which conversations (``reading.Manifest``)
      chats/0001-bob.txt                for people: one conversation, with times
      chats/0001-bob.jsonl              for programs: each row of ``message.list`` as a line of JSON
      contacts.json  settings.json

A zip file opens with a double click everywhere, is written in one go without knowing sizes beforehand, and its parts are
found without unpacking. Nothing is ever unpacked to the disk: names inside an archive are looked up, never used as paths.

    age         the age format with a passphrase, both ways, a chunk at a time
    writing     makes an archive file: nothing is overwritten, complete or not there
    reading     reads one that may be hostile: a value or a typed error, everything bounded
    text        a row for people to read
"""
