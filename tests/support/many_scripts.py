"""The same sentence in two dozen scripts, texts that terminals disagree about, and the client on a world that writes so.

``python -m tests.support.many_scripts [NUMBER]`` runs that client in this terminal, with the samples from NUMBER on.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

from tests.support.client import FakeClient
from tests.support.fake_app import demo_app
from tests.support.world import NOW

VECTORS = Path(__file__).parents[1] / "vectors"

# Of the Universal Declaration of Human Rights, article 1: "All human beings are born free and equal in dignity and rights."
SCRIPTS = {
    "Latin": "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi.",
    "Greek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "Cyrillic": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "Armenian": "Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ ու իրավունքներով։",
    "Georgian": "ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებითა და უფლებებით.",
    "Hebrew": "כָּל בְּנֵי הָאָדָם נוֹלְדוּ בְּנֵי חוֹרִין וְשָׁוִים בְּעֶרְכָּם וּבִזְכֻיּוֹתֵיהֶם.",
    "Arabic": "يُولَدُ جَمِيعُ النَّاسِ أَحْرَاراً مُتَسَاوِينَ فِي الكَرَامَةِ وَالحُقُوقِ. لا إله",
    "Persian": "تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ حیثیت و حقوق با هم برابرند. نمی‌خواهم",
    "Syriac": "ܟܠ ܒܪܢܫܐ ܒܪܝܠܗ ܚܐܪܐ ܘܒܪܒܪ ܓܘ ܐܝܩܪܐ ܘܙܕܩܐ",
    "Thaana": "ހުރިހާ އިންސާނުން ވެސް އުފަންވަނީ މިނިވަންކަމުގައި",
    "Devanagari": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। क्षत्रिय स्त्री",
    "Bengali": "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।",
    "Gurmukhi": "ਸਾਰਾ ਮਨੁੱਖੀ ਪਰਿਵਾਰ ਆਪਣੀ ਮਹਿਮਾ, ਸ਼ਾਨ ਅਤੇ ਹੱਕਾਂ ਦੇ ਪੱਖੋਂ ਜਨਮ ਤੋਂ ਹੀ ਆਜ਼ਾਦ ਹੈ",
    "Gujarati": "પ્રતિષ્ઠા અને અધિકારોની દૃષ્ટિએ સર્વ માનવો જન્મથી સ્વતંત્ર અને સમાન હોય છે.",
    "Odia": "ସମସ୍ତ ମନୁଷ୍ୟ ଜନ୍ମକାଳରୁ ସ୍ୱାଧୀନ ଏବଂ ମର୍ଯ୍ୟାଦା ଓ ଅଧିକାରରେ ସମାନ",
    "Tamil": "மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்; அவர்கள் மதிப்பிலும் உரிமைகளிலும் சமமானவர்கள். ஸ்ரீ",
    "Telugu": "ప్రతిపత్తిస్వత్వముల విషయమున మానవులెల్లరును జన్మతః స్వతంత్రులును సమానులును నగుదురు.",
    "Kannada": "ಎಲ್ಲಾ ಮಾನವರೂ ಸ್ವತಂತ್ರರಾಗಿಯೇ ಜನಿಸಿದ್ದಾರೆ. ಹಾಗೂ ಘನತೆ ಮತ್ತು ಹಕ್ಕುಗಳಲ್ಲಿ ಸಮಾನರಾಗಿದ್ದಾರೆ.",
    "Malayalam": "മനുഷ്യരെല്ലാവരും തുല്യാവകാശങ്ങളോടും അന്തസ്സോടും സ്വാതന്ത്ര്യത്തോടും കൂടി ജനിച്ചിട്ടുള്ളവരാണ്.",
    "Sinhala": "සියලු මනුෂ්‍යයෝ නිදහස්ව උපත ලබා ඇත. ගරුත්වයෙන් හා අයිතිවාසිකම්වලින් සමාන වෙති. ශ්‍රී ලංකා",
    "Thai": "มนุษย์ทั้งปวงเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ น้ำ คำ กำลัง",
    "Lao": "ມະນຸດທຸກຄົນເກີດມາມີກຽດສັກສີ, ສິດທິ, ເສລີພາບແລະຄວາມສະເໝີພາບເທົ່າທຽມກັນ. ນ້ຳ",
    "Tibetan": "འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་སྐྱེས་ཙམ་ཉིད་ནས་ཆེ་མཐོངས་དང༌། ཐོབ་ཐངགི་རང་དབང་འདྲ་མཉམ་དུ་ཡོད་ལ།",
    "Burmese": "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် လည်းကောင်း၊ တူညီလွတ်လပ်သော အခွင့်အရေးများဖြင့် မွေးဖွားလာသူများ ဖြစ်သည်။ ကြွေးကြော်",
    "Khmer": "មនុស្សទាំងអស់កើតមកមានសេរីភាព និងភាពស្មើៗគ្នាក្នុងសេចក្ដីថ្លៃថ្នូរនិងសិទ្ធិ។ ស្ត្រី",
    "Ethiopic": "የሰው፡ልጅ፡ሁሉ፡ሲወለድ፡ነጻና፡በክብርና፡በመብትም፡እኩልነት፡ያለው፡ነው።",
    "Mongolian": "ᠬᠦᠮᠦᠨ ᠪᠦᠷ ᠲᠥᠷᠥᠵᠦ ᠮᠡᠨᠳᠡᠯᠡᠬᠦ ᠡᠷᠬᠡ ᠴᠢᠯᠥᠭᠡ ᠲᠡᠢ",
    "Japanese": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。ｶﾞｷﾞ か\u3099",
    "Chinese": "人人生而自由，在尊嚴和權利上一律平等。𠮷野家",
    "Korean": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "Jamo": "모든 각 ᄒᆞᆫ글 ᅡ ㅎㅏㄴ",
    "Javanese": "ꦱꦧꦼꦤ꧀ꦲꦸꦮꦺꦴꦁꦏꦭꦃꦲꦶꦫꦏꦺꦏꦤ꧀ꦛꦶꦩꦂꦢꦶꦏ",
    "Balinese": "ᬲᬫᬸᬤᬬ ᬫᬦᬸᬱᬵ ᬫᬭᬸᬂ ᬳᬸᬭᬶᬧ᭄",
    "Cherokee": "ᏂᎦᏓ ᎠᏂᏴᏫ ᏂᎨᎫᏓᎸᎾ ᎠᎴ ᎤᏂᏠᏱ ᎤᎾᏕᎿ",
}
# What terminals count differently, or what would be drawn wider than it is counted.
DISPUTED = {
    "tones": "👍🏽 👍🏿 ☝🏻 🤝🏼 👩🏽‍🚀 🧑🏻‍❤️‍💋‍🧑🏿 👍🏽🏽 🏽👍",
    "lone tones": "🏻🏼🏽🏾🏿 a🏽 क🏾 1🏿",
    "families": "👨‍👩‍👧‍👦 👩‍❤️‍👨 🏳️‍🌈 🏴‍☠️ 🐻‍❄️ ⛓️‍💥 🤷🏽‍♀️",
    "flags": "🇩🇪🇫🇷🇯🇵 🇩 🇩🇪🇫 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇽🇽",
    "keycaps": "1️⃣ #️⃣ *⃣ 9︎⃣",
    "selectors": "❤️ ❤︎ ☺️ ☺ ©️ ™︎ 〰️ ㊗️ ㊙ 葛󠄀",
    "new pictures": "🫩 🪾 🫆 🫪 🩷 🫨 🛜",
    "marks": "क" + "\u093e" * 60 + " e" + "\u0301" * 20 + " Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ",
    "beginnings": "\u093e\u0301 \u0e33 \u3099 \u20e3 \u302e \u200d\u200dx",
    "blanks": "a\u3164b\uffa0c\u115fd\u2800e\u00adf\u200bg\u2003h\u3000i\tj",
    "private": "\ue0b0 \uf8ff \U000f0001 \U0010fffd \u0378 \U0001fbfa \U000e0041 \ufffe",
    "controls": "\x1b[31mred\x1b[0m \x9b5C \x07 \u202eabc\u202c \u2066x\u2069",
    "versions": "☰ ䷀ 𝌀 ⿰ ㆺ ㇤ 𛀀 𠀀 𰀀 ⺀ ꓐ 𓀀",
    "ambiguous": "…—±×÷°§¶†‡•‰′″※←↑→↓⇒∀∂∇∈∏∑√∞∫≈≠≤≥①Ⓐ─│█▒■□▲◆○★☆♀♂♠♣♥♪",
    "numbers": "؀١٢٣ ۝ ܏ 𑂽 ᠑᠎᠒",
}
SAMPLES = {**SCRIPTS, **DISPUTED}


def emoji() -> list[str]:
    """Return every sequence of Unicode's list of emoji."""
    return gzip.decompress((VECTORS / "emoji.txt.gz").read_bytes()).decode().split("\n")


def foreign_world(first: int = 0) -> FakeClient:
    """Return a world whose contacts each have a name and texts in another script, from the sample of that number on."""
    client = FakeClient()
    samples = list(SAMPLES.items())[first:]
    for number, (room, (name, text)) in enumerate(zip(client.rooms, samples, strict=False)):
        room.name, room.draft = text, ""
        room.rows.clear()
        for _, other in samples[number : number + 12]:
            room.say(room.identity if number % 2 else "me", other, NOW)
        room.say("me", name, NOW)
        room.say(room.identity, text * 3, NOW)
    return client


def main() -> None:
    """Run it in this terminal."""
    demo_app(foreign_world(int(sys.argv[1]) if len(sys.argv) > 1 else 0)).run()


if __name__ == "__main__":
    main()
