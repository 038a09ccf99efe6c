"""Text of EN 300 468 annex A, both ways, and the JSON values of a dvbtext field (tables.md 2.5).

A table is named as in a layout's head: None (nothing was said), '6937', '8859-1' ... '8859-15', 'arib'; or it has a selector.
"""
import functools
import re
import unicodedata

from arib_text import decode_arib, encode_arib


class NoText(Exception):
    """Bytes that are no text, text that a table cannot say, or a value of no known form."""


PARTS = [n for n in range(1, 16) if n != 12]
LINE_END = 0x8A


def selectors():
    """The table of each selector, in hex."""
    known = {'%02x' % (part - 4): '8859-%d' % part for part in PARTS if part >= 5}
    known.update({'1000%02x' % part: '8859-%d' % part for part in PARTS})
    known.update({'11': 'utf-16-be', '12': 'euc_kr', '13': 'gb2312', '14': 'big5', '15': 'utf-8'})
    return known


SELECTORS = selectors()
OF_ARIB = {s: t for s, t in SELECTORS.items() if not 7 <= int(s[:2], 16) < 16}      # the others are its control codes


def selector_of(data, default):
    """(selector in hex, table) of the bytes."""
    if not data or data[0] >= 0x20:
        return '', default or '6937'
    size = 3 if data[0] == 0x10 else 1
    known = OF_ARIB if default == 'arib' else SELECTORS
    selector = data[:size].hex()
    if selector in known:
        return selector, known[selector]
    if default == 'arib' and (7 <= data[0] < 16 or data[0] >= 0x16):
        return '', 'arib'
    raise NoText('no such table')


# ---------------------------------------------------------------------------------------------
# ISO/IEC 6937 with the euro sign

UPPER = dict(zip(range(0xA0, 0xC0), '\u00a0¡¢£€¥\0§¤‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿'))
UPPER.update(zip(range(0xD0, 0x100), '―¹®©™♪¬¦\0\0\0\0⅛⅜⅝⅞\u2126ÆĐªĦ\0ĲĿŁØŒºÞŦŊŉĸæđðħıĳŀłøœßþŧŋ\u00ad'))
UPPER = {byte: char for byte, char in UPPER.items() if char != '\0'}
MARKS = {0xC1: 0x300, 0xC2: 0x301, 0xC3: 0x302, 0xC4: 0x303, 0xC5: 0x304, 0xC6: 0x306, 0xC7: 0x307, 0xC8: 0x308,
         0xCA: 0x30A, 0xCB: 0x327, 0xCD: 0x30B, 0xCE: 0x328, 0xCF: 0x30C}
ALONE = {0xC2: '´', 0xC5: '¯', 0xC6: '˘', 0xC7: '˙', 0xC8: '¨', 0xCA: '˚', 0xCB: '¸', 0xCD: '˝', 0xCE: '˛', 0xCF: 'ˇ'}


def decode_6937(data):
    text, at = '', 0
    while at < len(data):
        byte = data[at]
        at += 1
        if byte in MARKS:
            if at == len(data) or not takes_mark(data[at]):
                raise NoText('a mark without a letter')
            base = single(data[at], UPPER)
            at += 1
            composed = unicodedata.normalize('NFC', base + chr(MARKS[byte]))
            # The ohm sign stays itself, so that the bytes come back.
            text += ALONE[byte] if base == ' ' and byte in ALONE else composed if len(composed) == 1 else base + chr(MARKS[byte])
        else:
            text += single(byte, UPPER)
    return text


def single(byte, upper):
    """A byte of a table of single bytes: control codes, ASCII, and what the table has above."""
    if byte < 0x20:
        return chr(0xE000 + byte)
    if byte < 0x80:
        return chr(byte)
    if byte < 0xA0:
        return '\n' if byte == LINE_END else chr(0xE000 + byte)
    if byte not in upper:
        raise NoText('a byte that the table does not have')
    return upper[byte]


@functools.lru_cache(None)
def bytes_of_6937():
    return {**reverse(UPPER), **{char: bytes([mark, 0x20]) for mark, char in ALONE.items()}}


def takes_mark(byte):
    """A mark stands before a letter; whatever is no control code and no mark is taken for one, as receivers do."""
    return 0x20 <= byte < 0x7F or byte >= 0xA0


def encode_6937(text):
    data, at, bytes_of = b'', 0, bytes_of_6937()
    marks = {chr(code): mark for mark, code in MARKS.items()}
    while at < len(text):
        char = text[at]
        at += 1
        base = bytes_of.get(char, b'')
        if len(base) == 1 and takes_mark(base[0]) and at < len(text) and text[at] in marks:
            data += bytes([marks[text[at]]]) + base
            at += 1
        elif char in bytes_of:
            data += base
        else:
            parts = unicodedata.normalize('NFD', char)
            base = bytes_of.get(parts[0], b'') if len(parts) == 2 else b''
            if len(base) != 1 or parts[1] not in marks:
                raise NoText('a character that the table does not have')
            data += bytes([marks[parts[1]]]) + base
    return data


def reverse(upper):
    """The bytes of each character of a table of single bytes."""
    bytes_of = {}
    for byte in range(0x100):
        try:
            bytes_of.setdefault(single(byte, upper), bytes([byte]))
        except NoText:
            pass
    return bytes_of


# ---------------------------------------------------------------------------------------------
# The other tables

@functools.lru_cache(None)
def upper_of_8859(table):
    upper = {}
    for byte in range(0xA0, 0x100):
        try:
            upper[byte] = bytes([byte]).decode('iso8859_' + table[5:])
        except UnicodeDecodeError:
            pass
    return upper


@functools.lru_cache(None)
def bytes_of_8859(table):
    return reverse(upper_of_8859(table))


def decode_multibyte(data, codec):
    """Two bytes a character above 0xA0; control codes and ASCII between them."""
    text, at = '', 0
    while at < len(data):
        size = 2 if data[at] >= 0xA0 else 1
        piece = data[at:at + size]
        try:
            text += piece.decode(codec) if size == 2 else single(piece[0], {})
        except UnicodeDecodeError:
            raise NoText('a code that the table does not have')
        at += size
    return text


def encode_multibyte(text, codec):
    data, bytes_of = b'', reverse({})
    for char in text:
        try:
            data += bytes_of.get(char) or char.encode(codec)
        except UnicodeEncodeError:
            raise NoText('a character that the table does not have')
    return data


def decode_table(data, table):
    if table == 'arib':
        return decode_arib(data, NoText)
    if table == '6937':
        return decode_6937(data)
    if table.startswith('8859-'):
        upper = upper_of_8859(table)
        return ''.join(single(byte, upper) for byte in data)
    if table in ('utf-8', 'utf-16-be'):
        try:
            text = data.decode(table)
        except UnicodeDecodeError:
            raise NoText('not of the table')
        if '\0' in text:
            raise NoText('U+0000 is no text')
        return text.replace('\ue08a', '\n') if table == 'utf-16-be' else text
    return decode_multibyte(data, table)


def encode_table(text, table):
    if table == 'arib':
        return encode_arib(text, NoText)
    if table == '6937':
        return encode_6937(text)
    if table.startswith('8859-'):
        bytes_of = bytes_of_8859(table)
        if any(char not in bytes_of for char in text):
            raise NoText('a character that the table does not have')
        return b''.join(bytes_of[char] for char in text)
    if table in ('utf-8', 'utf-16-be'):
        try:
            return (text.replace('\n', '\ue08a') if table == 'utf-16-be' else text).encode(table)
        except UnicodeEncodeError:
            raise NoText('half of a pair')
    return encode_multibyte(text, table)


# ---------------------------------------------------------------------------------------------
# Values

def write_string(text, default):
    """The bytes of a plain string: the layout's table or ASCII, else UTF-8 with its selector."""
    if default is None:
        if all(' ' <= char <= '~' for char in text):
            return text.encode('ascii')
    else:
        try:
            data = encode_table(text, default)
            if selector_of(data, default)[0] == '' and decode_table(data, default) == text:
                return data
        except NoText:
            pass
    return b'\x15' + encode_table(text, 'utf-8')


def decode_bytes(data, default):
    """(selector, text) of any bytes, or NoText."""
    selector, table = selector_of(data, default)
    return selector, decode_table(data[len(selector) // 2:], table)


def value_of_bytes(data, default):
    try:
        selector, text = decode_bytes(data, default)
    except NoText:
        return {'hex': data.hex()}
    for value in (text, {'text': text, 'selector': selector}):
        try:
            if bytes_of_value(value, default) == data:
                return value
        except NoText:
            pass
    return {'text': text, 'hex': data.hex()}


def bytes_of_hex(hex_):
    if not isinstance(hex_, str) or not re.fullmatch('([0-9A-Fa-f]{2})*', hex_):
        raise NoText('no pairs of hexadecimal digits')
    return bytes.fromhex(hex_)


def bytes_of_value(value, default):
    if isinstance(value, str):
        return write_string(value, default)
    if not isinstance(value, dict) or set(value) not in ({'hex'}, {'text', 'hex'}, {'text', 'selector'}):
        raise NoText('no text')
    if 'hex' in value:
        data = bytes_of_hex(value['hex'])
        if 'text' in value and decode_bytes(data, default)[1] != value['text']:
            raise NoText('the text is not that of the bytes')
        return data
    return bytes_of_selected(value['text'], value['selector'], default)


def bytes_of_selected(text, selector, default):
    if not isinstance(text, str) or not isinstance(selector, str):
        raise NoText('no text')
    if selector == '':
        data = encode_table(text, default or '6937')
    else:
        known = OF_ARIB if default == 'arib' else SELECTORS
        if selector.lower() not in known:
            raise NoText('no such selector')
        data = bytes.fromhex(selector) + encode_table(text, known[selector.lower()])
    if selector_of(data, default)[0] != selector.lower():
        raise NoText('begins like another table')
    return data
