"""Forty businesses as their owners write them, by script."""

NAMES = {
    "Latin": (
        "Färberei Grünewald & Söhne",
        "Café Łódź",
        "Salón Ñandú",
        "Ærø Frisør",
        "Kuaför İstanbul Şişli",
        "Tiệm tóc Đặng Thị",
    ),
    "Greek": (
        "Κομμωτήριο Αθηνά",
        "Οδοντιατρείο Παπαδόπουλος",
        "Ψυχή & Σώμα",
        "Ιατρείο Ρόδου",
        "Σχολή Γιόγκα Ήλιος",
        "Καφέ Ωκεανός",
    ),
    "Cyrillic": (
        "Парикмахерская «Ёлка»",
        "Перукарня Їжачок",
        "Фризьорски салон Щастие",
        "Фризерски салон Љубица",
        "Стоматологія Ґедзь",
        "Цырульня Ўсмешка",
    ),
    "Arabic": (
        "صالون الياسمين",
        "مقهى بيروت",
        "حلاق الشام",
        "مركز النور للتجميل",
        "عيادة الأسنان",
        "آرایشگاه گل",
    ),
    "Thai": (
        "ร้านตัดผมกรุงเทพ",
        "คลินิกทันตกรรมยิ้มสวย",
        "นวดแผนไทยที่นี่",
        "สปาใจดี",
        "โยคะเชียงใหม่",
    ),
    "Japanese": (
        "美容室さくら",
        "ヘアサロン ドルチェ",
        "東京歯科クリニック",
        "ネイルサロンゆき",
        "整体院やすらぎ",
        "カフェ Tokyo",
    ),
    "Chinese": (
        "北京美发沙龙",
        "上海牙科诊所",
        "理發店香港",
        "臺北瑜伽教室",
        "广州按摩中心",
    ),
}

# Each name beside another one of its script: a document has a business and a client.
PAIRS = [
    (made[at], made[(at + 1) % len(made)])
    for made in NAMES.values()
    for at in range(0, len(made), 2)
]
