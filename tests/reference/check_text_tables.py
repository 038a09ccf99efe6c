"""Holds the tables of characters against Python's codecs.

    check_text_tables.py            compares tests/vectors/text_tables.json, and the tables that scripts/make-text-tables makes
    check_text_tables.py --write    writes tests/vectors/text_tables.json

For each table: how many codes have a character, and the CRC_32 of lines of a code in hex, a blank and its character. The unit tests
read all codes by the extension's own tables and come to the same.
"""
import json
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
VECTORS = os.path.join(ROOT, 'tests', 'vectors', 'text_tables.json')
POLYNOMIAL = 0x04C11DB7

CRC_OF_BYTE = []
for value in range(256):
    crc = value << 24
    for _ in range(8):
        crc = (crc << 1 ^ POLYNOMIAL if crc & 1 << 31 else crc << 1) & 0xFFFFFFFF
    CRC_OF_BYTE.append(crc)


def crc32_mpeg2(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc << 8 & 0xFFFFFFFF ^ CRC_OF_BYTE[crc >> 24 ^ byte]
    return crc


def decoded(codec, code):
    try:
        text = code.decode(codec)
    except UnicodeDecodeError:
        return None
    return text if len(text) == 1 else None


def pairs():
    return (bytes([first, second]) for first in range(0xA1, 0xFF) for second in range(0x40, 0xFF))


def tables():
    """Of each table the codes, and how they are read."""
    for part in range(1, 16):
        if part != 12:
            codec = 'iso8859_%d' % part
            yield '8859-%d' % part, [(bytes([b]), decoded(codec, bytes([b]))) for b in (*range(0x20, 0x7F), *range(0xA0, 0x100))]
    # What came to KS X 1001 after the codec, and its filler, with which the codec begins longer codes.
    later = {b'\xa2\xe8': '\u327e', b'\xa4\xd4': '\u3164'}
    yield 'KS X 1001', [(code, later.get(code, decoded('euc_kr', code))) for code in pairs()]
    yield 'GB 2312', [(code, decoded('gb2312', code)) for code in pairs()]
    yield 'Big5', [(code, decoded('big5', code)) for code in pairs()]
    # Kanji are the initial set on the left.
    yield 'arib', [(bytes([first, second]), decoded('euc_jp', bytes([first | 0x80, second | 0x80])))
                   for first in range(0x21, 0x75) for second in range(0x21, 0x7F)]


def digests():
    result = {}
    for name, codes in tables():
        lines = ['%s %s\n' % (code.hex(), text) for code, text in codes if text is not None]
        result[name] = {'codes': len(lines), 'crc': '%08x' % crc32_mpeg2(''.join(lines).encode('utf-8'))}
    return result


def main():
    made = json.dumps(digests(), indent=1) + '\n'
    if sys.argv[1:] == ['--write']:
        with open(VECTORS, 'w', encoding='utf-8') as file:
            file.write(made)
        return
    with open(VECTORS, encoding='utf-8') as file:
        if file.read() != made:
            sys.exit('tests/vectors/text_tables.json is not what Python\'s codecs say')
    subprocess.run([sys.executable, os.path.join(ROOT, 'scripts', 'make-text-tables'), '--check'], check=True)
    print('%d tables of characters are those of Python\'s codecs' % len(digests()))


if __name__ == '__main__':
    main()
