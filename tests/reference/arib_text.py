"""The 8-unit code of ARIB STD-B24, as far as service information uses it and public descriptions let one say."""

KANJI, ALPHANUMERIC, HIRAGANA, KATAKANA, HALF_KATAKANA, PLANE_2, SYMBOLS, OTHER, OTHER_2 = range(9)
ONE_BYTE = {0x4A: ALPHANUMERIC, 0x36: ALPHANUMERIC, 0x30: HIRAGANA, 0x37: HIRAGANA, 0x31: KATAKANA, 0x38: KATAKANA, 0x49: HALF_KATAKANA}
TWO_BYTES = {0x42: KANJI, 0x39: KANJI, 0x3A: PLANE_2, 0x3B: SYMBOLS}
DOUBLE = (KANJI, PLANE_2, SYMBOLS, OTHER_2)
NARROW = (ALPHANUMERIC, HALF_KATAKANA)
INITIAL = (KANJI, ALPHANUMERIC, HIRAGANA, KATAKANA)

MARKS = 'ー。「」、・'                            # cells 0x79 to 0x7E of both kana sets
HIRAGANAS = dict(zip(range(0x21, 0x74), map(chr, range(0x3041, 0x3094))))
HIRAGANAS.update(zip(range(0x77, 0x7F), 'ゝゞ' + MARKS))
KATAKANAS = dict(zip(range(0x21, 0x77), map(chr, range(0x30A1, 0x30F7))))
KATAKANAS.update(zip(range(0x77, 0x7F), 'ヽヾ' + MARKS))
HALF_KATAKANAS = dict(zip(range(0x21, 0x60), map(chr, range(0xFF61, 0xFFA0))))

# Additional symbols of rows 90, 92 and 93 that Unicode 5.2 took over.
ADDED = {}
for first, chars in ((0x7A50, '🅊🅌🄿🅆🅋🈐🈑🈒🈓🅂🈔🈕🈖🅍🄱🄽⬛⬤🈗🈘🈙🈚🈛⚿🈜🈝🈞🈟🈠🈡🈢🈣🈤🈥🅎㊙🈀'),
                     (0x7C21, '➡⬅⬆⬇⬯⬮年月日円㎡㎥㎝㎠㎤🄀⒈⒉⒊⒋⒌⒍⒎⒏⒐'), (0x7D21, '㈪㈫㈬㈭㈮㈯㈰㈷㍾㍽㍼㍻№℡〶⚾')):
    ADDED.update(zip(range(first, first + 94), chars))


def character(set_, codes, no_text):
    if set_ == ALPHANUMERIC:
        return {0x5C: '¥', 0x7E: '‾'}.get(codes[0], chr(codes[0]))
    singles = {HIRAGANA: HIRAGANAS, KATAKANA: KATAKANAS, HALF_KATAKANA: HALF_KATAKANAS}.get(set_)
    if singles is not None and codes[0] in singles:
        return singles[codes[0]]
    code = codes[0] << 8 | (codes[1] if len(codes) > 1 else 0)
    if set_ in (KANJI, SYMBOLS) and code in ADDED:
        return ADDED[code]
    try:
        if set_ == KANJI:
            return bytes(c | 0x80 for c in codes).decode('euc_jp')
        if set_ == PLANE_2:
            return (b'\x8f' + bytes(c | 0x80 for c in codes)).decode('euc_jis_2004')
    except UnicodeDecodeError:
        pass
    raise no_text('a code that the set does not have')


class Decoder:
    def __init__(self, data, no_text):
        self.data, self.at, self.no_text = data, 0, no_text
        self.sets, self.left, self.right, self.once = list(INITIAL), 0, 2, None

    def next(self):
        if self.at >= len(self.data):
            raise self.no_text('the text ends within a code')
        self.at += 1
        return self.data[self.at - 1]

    def text(self):
        found = ''
        while self.at < len(self.data):
            found += self.piece(self.next())
        return found

    def piece(self, byte):
        if 0x21 <= byte <= 0x7E or 0xA1 <= byte <= 0xFE:
            return self.graphic(byte)
        if byte in (0x20, 0xA0):                # as wide as the characters of the set
            return ' ' if self.sets[self.left if byte == 0x20 else self.right] in NARROW else '\u3000'
        if byte == 0x0D:
            return '\n'
        if byte == 0x1B:
            self.escape()
        elif byte in (0x0E, 0x0F):
            self.left = 1 if byte == 0x0E else 0
        elif byte in (0x19, 0x1D):
            self.once = 2 if byte == 0x19 else 3
        elif byte == 0xFF:
            raise self.no_text('a code that no set has')
        else:
            self.skip_parameters(byte)
        return ''

    def graphic(self, byte):
        which = self.once if self.once is not None else (self.left if byte < 0x80 else self.right)
        self.once = None
        set_ = self.sets[which]
        codes = [byte & 0x7F]
        if set_ in DOUBLE:
            codes.append(self.next() & 0x7F)
            if not 0x21 <= codes[1] <= 0x7E:
                raise self.no_text('half of a code')
        return character(set_, codes, self.no_text)

    def skip_parameters(self, byte):
        """Control codes that say nothing in a text; some have parameters."""
        count = {0x16: 1, 0x1C: 2, 0x8B: 1, 0x91: 1, 0x93: 1, 0x94: 1, 0x97: 1, 0x98: 1}.get(byte, 0)
        if byte == 0x90:
            count = 2 if self.next() == 0x20 else 0
        if byte == 0x9D:
            count = 1 if self.next() == 0x20 else 0
        if byte in (0x92, 0x95, 0x9B):
            raise self.no_text('a control code of captions')
        for _ in range(count):
            self.next()

    def escape(self):
        byte = self.next()
        if byte in (0x6E, 0x6F):
            self.left = 2 if byte == 0x6E else 3
        elif byte in (0x7C, 0x7D, 0x7E):
            self.right = {0x7E: 1, 0x7D: 2, 0x7C: 3}[byte]
        elif 0x28 <= byte <= 0x2B:
            self.designate(byte - 0x28, self.next(), ONE_BYTE, OTHER)
        elif byte == 0x24:
            final = self.next()
            if 0x28 <= final <= 0x2B:
                self.designate(final - 0x28, self.next(), TWO_BYTES, OTHER_2)
            else:
                self.designate(0, final, TWO_BYTES, OTHER_2)
        else:
            raise self.no_text('an unknown escape sequence')

    def designate(self, which, final, known, other):
        if final == 0x20:                       # characters that the stream itself defines
            self.next()
            self.sets[which] = other
        else:
            self.sets[which] = known.get(final, other)


def decode_arib(data, no_text):
    return Decoder(data, no_text).text()


CODES = {ALPHANUMERIC: {('¥' if b == 0x5C else '‾' if b == 0x7E else chr(b)): bytes([b]) for b in range(0x20, 0x7F)},
         HIRAGANA: {c: bytes([b | 0x80]) for b, c in HIRAGANAS.items()},
         KATAKANA: {c: bytes([b | 0x80]) for b, c in KATAKANAS.items()}}
OF_ADDED = {c: code.to_bytes(2, 'big') for code, c in ADDED.items()}


def kanji_code(char, no_text):
    try:
        code = char.encode('euc_jp')
    except UnicodeEncodeError:
        code = b''
    if len(code) == 2 and code[0] != 0x8E:
        return bytes(b & 0x7F for b in code)
    if char in OF_ADDED:
        return OF_ADDED[char]
    raise no_text('a character that no set has')


def encode_arib(text, no_text):
    """Kanji at the left by LS0, alphanumeric by LS1; at the right hiragana by LS2R, katakana by LS3R."""
    data, left, right = b'', KANJI, HIRAGANA
    for char in text:
        if char == '\n':
            data += b'\r'
            continue
        side = KATAKANA if char in CODES[KATAKANA] and (right == KATAKANA or char not in CODES[HIRAGANA]) else HIRAGANA
        if char in CODES[side]:
            if right != side:
                data += b'\x1b\x7d' if side == HIRAGANA else b'\x1b\x7c'
                right = side
            data += CODES[side][char]
            continue
        wanted = ALPHANUMERIC if char in CODES[ALPHANUMERIC] else KANJI
        code = CODES[ALPHANUMERIC][char] if wanted == ALPHANUMERIC else kanji_code(char, no_text)
        if left != wanted:
            data += b'\x0e' if wanted == ALPHANUMERIC else b'\x0f'
            left = wanted
        data += code
    return data
