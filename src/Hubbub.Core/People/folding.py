"""Makes folding.txt, the table beside this file: python3 folding.py > folding.txt

What each character becomes when two names are compared: compatibility decomposition (NFKD), full case folding, again until nothing changes, and without what is not seen.
Decomposed, where Unicode's NFKC_Casefold (UAX 31) is composed: for comparing, the one is as good as the other, and needs no composing. Hangul syllables are left out, since their
decomposition is arithmetic.
"""
import sys
import unicodedata

HANGUL = range(0xAC00, 0xAC00 + 11172)
# Default_Ignorable_Code_Point beyond the category Cf (DerivedCoreProperties.txt): joiners, fillers, variation selectors.
UNSEEN = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x3164, 0xFFA0, *range(0x180B, 0x180E), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)}


def fold(text):
    while True:
        folded = "".join(c for c in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
                         if unicodedata.category(c) != "Cf" and ord(c) not in UNSEEN)
        if folded == text:
            return text
        text = folded


def runs(pairs):
    """Neighbours whose values are the same (step 0) or neighbours too (step 1), as first, last, value, step."""
    run = None
    for code, value in pairs:
        if run and code == run[1] + 1 and len(value) == 1 == len(run[2]):
            step = value[0] - run[2][0] - (code - run[0] - 1 if run[3] == 1 else 0)
            if (run[1] == run[0] and value[0] - run[2][0] in (0, 1)) or (run[3] is not None and value[0] == run[2][0] + run[3] * (code - run[0])):
                run = (run[0], code, run[2], value[0] - run[2][0] if run[1] == run[0] else run[3])
                continue
        elif run and code == run[1] + 1 and not value and not run[2]:
            run = (run[0], code, run[2], 0)
            continue
        if run:
            yield run
        run = (code, code, value, None)
    if run:
        yield run


def write(kind, pairs):
    for first, last, value, step in runs(pairs):
        where = f"{first:X}" if first == last else f"{first:X}-{last:X}"
        print(f"{kind}{where};{' '.join(f'{v:X}' for v in value)}{'+' if step == 1 else ''}")


print(f"# Made by folding.py from Unicode {unicodedata.unidata_version}. f: what a character is folded to (+: counting on); c: its combining class.")
folds, classes = [], []
for code in range(sys.maxunicode + 1):
    if code in HANGUL or 0xD800 <= code <= 0xDFFF:
        continue
    folded = fold(chr(code))
    if folded != chr(code):
        folds.append((code, [ord(c) for c in folded]))
    if unicodedata.combining(chr(code)):
        classes.append((code, [unicodedata.combining(chr(code))]))
write("f", folds)
write("c", classes)
