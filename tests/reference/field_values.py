"""Values of single fields, both ways: JSON to bits and bits to JSON (sections.md chapter 2, tables.md 2.5 and 2.6).

Bits are strings of '0' and '1', most significant first. A value that does not do is BadValue with its SQLSTATE; bits that do not
do are BadBits. Numbers of a row are int or Decimal, as read_json makes them.
"""
import ipaddress
import json
import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import dvb_text
from layout_language import INTEGER_TYPES, integer_range

OUT_OF_RANGE, NULL_VALUE, BAD_TIME, OTHER = '22003', '22004', '22008', '22023'
FIRST_DAY, LAST_DAY, DAY_0 = date(1948, 8, 5), date(2128, 1, 9), date(1858, 11, 17)


class BadValue(Exception):
    def __init__(self, sqlstate, reason=''):
        super().__init__('%s %s' % (sqlstate, reason))
        self.sqlstate, self.reason = sqlstate, reason


class BadBits(Exception):
    pass


def read_json(text):
    """JSON with whole integers and Decimals; a key twice is an error."""
    def pairs(found):
        if len({key for key, _ in found}) < len(found):
            raise BadValue(OTHER, 'a key twice')
        return dict(found)
    return json.loads(text, parse_float=Decimal, object_pairs_hook=pairs)


def bits_of(number, width):
    return format(number % (1 << width), '0%db' % width)


BITS_OF_BYTE = [format(byte, '08b') for byte in range(256)]


def bits_of_bytes(data):
    return ''.join(map(BITS_OF_BYTE.__getitem__, data))


def bytes_of_bits(bits):
    return int('1' + bits, 2).to_bytes(len(bits) // 8 + 1, 'big')[1:]


def bcd_bits(number, digits):
    return ''.join(format(int(digit), '04b') for digit in str(number).rjust(digits, '0'))


def bcd_number(bits):
    digits = [int(bits[i:i + 4], 2) for i in range(0, len(bits), 4)]
    if max(digits) > 9:
        raise BadBits('a decimal digit over 9')
    return int(''.join(map(str, digits)))


def is_number(value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


# ---------------------------------------------------------------------------------------------
# Integers

def whole_number(value):
    if not is_number(value):
        raise BadValue(OTHER, 'no number')
    if isinstance(value, Decimal):
        if value and value.adjusted() > 40:
            raise BadValue(OUT_OF_RANGE)
        if value != value.to_integral_value():
            raise BadValue(OTHER, 'a fraction')
    return int(value)


def integer_of(value, field):
    if isinstance(value, bool) and field.type in ('uimsbf', 'bslbf'):
        return int(value)
    return whole_number(value)


def integer_bits(number, field):
    low, high = integer_range(field.width, field.type)
    if not low <= number <= high:
        raise BadValue(OUT_OF_RANGE)
    return bcd_bits(number, field.width // 4) if field.type == 'bcd' else bits_of(number, field.width)


def integer_of_bits(bits, field):
    if field.type == 'bcd':
        return bcd_number(bits)
    number = int(bits, 2)
    return number - (1 << len(bits)) if field.type == 'tcimsbf' and bits[0] == '1' else number


# ---------------------------------------------------------------------------------------------
# Times

INSTANT = re.compile(r'(\d{4,})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?')


def instant_of(text):
    if not isinstance(text, str):
        raise BadValue(OTHER, 'no instant')
    match = INSTANT.fullmatch(text)
    if not match:
        raise BadValue(OTHER, 'not of RFC 3339')
    try:
        found = datetime(*(int(part or 0) for part in match.groups()[:6]), tzinfo=timezone.utc)
        return found - offset_of(match[7] or 'Z')
    except (ValueError, OverflowError):
        raise BadValue(BAD_TIME, 'a time that does not exist')


def offset_of(text):
    if text in 'Zz':
        return timedelta(0)
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:]))
    return -offset if text[0] == '-' else offset


def day_bits(day):
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadValue(BAD_TIME)
    return bits_of((day - DAY_0).days, 16)


def day_of_bits(bits):
    number = int(bits, 2)
    return DAY_0 + timedelta(days=number + (1 << 16 if number < 1 << 15 else 0))


def utc_bits(value, minutes):
    """16 bits of Modified Julian Date and six decimal digits (EN 300 468 annex C), in local time of the layout's head."""
    if value is None or value in ('infinity', '-infinity'):
        return '1' * 40
    try:
        local = instant_of(value) + timedelta(minutes=minutes)
    except OverflowError:
        raise BadValue(BAD_TIME)
    return day_bits(local.date()) + ''.join(bcd_bits(n, 2) for n in (local.hour, local.minute, local.second))


def utc_of_bits(bits, minutes):
    if bits == '1' * 40:
        return None
    hour, minute, second = (bcd_number(bits[i:i + 8]) for i in (16, 24, 32))
    if hour > 23 or minute > 59 or second > 59:
        raise BadBits('a time that does not exist')
    day = day_of_bits(bits[:16])
    instant = datetime(day.year, day.month, day.day, hour, minute, second) - timedelta(minutes=minutes)
    return instant.strftime('%Y-%m-%dT%H:%M:%SZ')


def mjd_bits(value):
    if not isinstance(value, str):
        raise BadValue(OTHER, 'no date')
    if value in ('infinity', '-infinity'):
        raise BadValue(BAD_TIME)
    match = re.fullmatch(r'(\d{4,})-(\d\d)-(\d\d)', value)
    if not match:
        raise BadValue(OTHER, 'no date')
    try:
        return day_bits(date(*map(int, match.groups())))
    except ValueError:
        raise BadValue(BAD_TIME, 'a date that does not exist')


DURATION = re.compile(r'(?:(-?\d+) days? ?)?(?:([+-]?)(\d{1,18}):([0-5]\d):([0-5]\d(?:\.\d+)?))?')
ISO_DURATION = re.compile(r'P(?:([+-]?\d+(?:\.\d+)?)W)?(?:([+-]?\d+(?:\.\d+)?)D)?(?:T(?:([+-]?\d+(?:\.\d+)?)H)?(?:([+-]?\d+(?:\.\d+)?)M)?'
                          r'(?:([+-]?\d+(?:\.\d+)?)S)?)?')


def seconds_of(text):
    if not isinstance(text, str):
        raise BadValue(OTHER, 'no interval')
    match = ISO_DURATION.fullmatch(text)
    if match and any(match.groups()) and not text.endswith('T'):
        return sum(Decimal(n or 0) * size for n, size in zip(match.groups(), (7 * 86400, 86400, 3600, 60, 1)))
    match = DURATION.fullmatch(text)
    if not match or not text or text != text.strip():
        raise BadValue(OTHER, 'no interval')
    days, sign, hours, minutes, seconds = match.groups()
    clock = int(hours or 0) * 3600 + int(minutes or 0) * 60 + Decimal(seconds or 0)
    return int(days or 0) * 86400 + (-clock if sign == '-' else clock)


def duration_bits(value):
    seconds = seconds_of(value)
    if not 0 <= seconds < 100 * 3600:
        raise BadValue(BAD_TIME)
    seconds = int(seconds)
    return ''.join(bcd_bits(n, 2) for n in (seconds // 3600, seconds // 60 % 60, seconds % 60))


def duration_of_bits(bits):
    hours, minutes, seconds = (bcd_number(bits[i:i + 8]) for i in (0, 8, 16))
    if minutes > 59 or seconds > 59:
        raise BadBits('a time that does not exist')
    return '%02d:%02d:%02d' % (hours, minutes, seconds)


# ---------------------------------------------------------------------------------------------
# Addresses and floating point

def inet_bits(value, width):
    if not isinstance(value, str) or '%' in value:
        raise BadValue(OTHER, 'no address')
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        raise BadValue(OTHER, 'no address')
    if address.max_prefixlen != width:
        raise BadValue(OTHER, 'of the other family')
    return bits_of(int(address), width)


def inet_of_bits(bits):
    """As PostgreSQL prints it: an IPv4 address within one of IPv6 with dots."""
    number = int(bits, 2)
    if len(bits) == 32:
        return str(ipaddress.IPv4Address(number))
    words = [number >> shift & 0xFFFF for shift in range(112, -16, -16)]
    if not any(words[:5]) and words[5] in (0, 0xFFFF) and (words[5] or words[6]):
        return '::%s%s' % ('ffff:' if words[5] else '', ipaddress.IPv4Address(number & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(number))


MACADDR = re.compile('|'.join((r'(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}', r'(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}', r'[0-9A-Fa-f]{6}[:-][0-9A-Fa-f]{6}',
                               r'[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}', r'[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}', r'[0-9A-Fa-f]{12}')))


def macaddr_bits(value):
    if not isinstance(value, str) or not MACADDR.fullmatch(value):
        raise BadValue(OTHER, 'no macaddr')
    return bits_of(int(re.sub('[:.-]', '', value), 16), 48)


FORMATS = {32: (8, 23), 64: (11, 52)}                # bits of exponent and of fraction
NAMED_FLOATS = {'Infinity': (0, 0), '-Infinity': (1, 0), 'NaN': (0, 1)}


def float_bits(value, width):
    exponent_bits, fraction_bits = FORMATS[width]
    if isinstance(value, dict) and set(value) == {'hex'}:
        return fixed_hex_bits(value, width)
    if isinstance(value, str) and value in NAMED_FLOATS:
        sign, quiet = NAMED_FLOATS[value]
        return str(sign) + '1' * exponent_bits + str(quiet) + '0' * (fraction_bits - 1)
    if not is_number(value):
        raise BadValue(OTHER, 'no number')
    if isinstance(value, Decimal) and value and abs(value.adjusted()) > 400:
        raise BadValue(OUT_OF_RANGE)
    return rounded_bits(Fraction(value), exponent_bits, fraction_bits)


def rounded_bits(exact, exponent_bits, fraction_bits):
    """The nearest floating-point number, the even one of two."""
    if exact == 0:
        return '0' * (1 + exponent_bits + fraction_bits)
    bias = (1 << exponent_bits - 1) - 1
    exponent = exact_exponent(abs(exact))
    exponent = max(exponent, 1 - bias)
    scaled = abs(exact) / Fraction(2) ** (exponent - fraction_bits)
    whole = round(scaled)                            # Python rounds half to even
    biased = exponent + bias if whole >= 1 << fraction_bits else 0
    field = whole + ((biased - 1 << fraction_bits) if biased else 0)
    if field >> fraction_bits >= (1 << exponent_bits) - 1 or field == 0:
        raise BadValue(OUT_OF_RANGE)
    return ('1' if exact < 0 else '0') + bits_of(field, exponent_bits + fraction_bits)


def exact_exponent(positive):
    exponent = positive.numerator.bit_length() - positive.denominator.bit_length()
    return exponent if Fraction(2) ** exponent <= positive else exponent - 1


def float_of_bits(bits):
    exponent_bits, fraction_bits = FORMATS[len(bits)]
    field, infinite = int(bits[1:], 2), ((1 << exponent_bits) - 1) << fraction_bits
    if field >= infinite:
        name = next((n for n in NAMED_FLOATS if float_bits(n, len(bits)) == bits), None)
        return name or {'hex': '%0*x' % (len(bits) // 4, int(bits, 2))}
    if field == 0:
        return {'hex': '80' + '00' * (len(bits) // 8 - 1)} if bits[0] == '1' else 0
    number = shortest(field, exponent_bits, fraction_bits)
    return -number if bits[0] == '1' else number


def exact_value(field, exponent_bits, fraction_bits):
    biased, fraction = field >> fraction_bits, field & (1 << fraction_bits) - 1
    bias = (1 << exponent_bits - 1) - 1
    whole = fraction + ((1 << fraction_bits) if biased else 0)
    return whole * Fraction(2) ** (max(biased, 1) - bias - fraction_bits)


def shortest(field, *format_):
    """The shortest decimal number that is nearer to this floating-point number than to any other, and the nearest of those."""
    exact = exact_value(field, *format_)
    low = (exact + exact_value(field - 1, *format_)) / 2
    high = (exact + exact_value(field + 1, *format_)) / 2
    power = len(str(int(exact))) if exact >= 1 else 1 - len(str(int(1 / exact)))
    for digits in range(1, 20):
        for unit in (Fraction(10) ** (power - digits), Fraction(10) ** (power - digits + 1)):
            # Below a power of two numbers lie closer: there the nearest of so many digits may be another's, and the next above not.
            for found in sorted((exact // unit * unit, (exact // unit + 1) * unit), key=lambda n: abs(n - exact)):
                if low < found < high and found < Fraction(10) ** (power + 1) and significant(found) <= digits:
                    return decimal_of(found)
    raise AssertionError


def significant(number):
    return len(decimal_of(number).normalize().as_tuple().digits)


def decimal_of(number):
    """A Fraction whose denominator has no factors but 2 and 5."""
    scale = 0
    while number.denominator != 1:
        number *= 10
        scale += 1
    return Decimal(int(number)).scaleb(-scale) if scale else Decimal(int(number))


# ---------------------------------------------------------------------------------------------
# Texts and bytes

def hex_bytes(value):
    try:
        return dvb_text.bytes_of_hex(value)
    except dvb_text.NoText:
        raise BadValue(OTHER, 'no hex')


def fixed_hex_bits(value, width):
    data = hex_bytes(value['hex'])
    if width is not None and 8 * len(data) != width:
        raise BadValue(OTHER, 'another length')
    return bits_of_bytes(data)


def text_bits(value, field, text_table):
    if field.type == 'dvbtext':
        try:
            return bits_of_bytes(dvb_text.bytes_of_value(value, field.table or text_table))
        except dvb_text.NoText as problem:
            raise BadValue(OTHER, str(problem))
    if isinstance(value, dict) and set(value) == {'hex'}:
        return fixed_hex_bits(value, field.width)
    if not isinstance(value, str):
        raise BadValue(OTHER, 'no text')
    try:
        data = value.encode({'char': 'latin-1', 'text': 'utf-8', 'utf16': 'utf-16-be'}[field.type])
    except UnicodeEncodeError:
        raise BadValue(OTHER, 'a character that the type does not have')
    if field.width is not None:
        fill = {'char': b' ', 'utf16': b'\0'}.get(field.type)
        data = data.ljust(field.width // 8, fill) if fill else data
        if 8 * len(data) != field.width:
            raise BadValue(OTHER, 'another length')
    return bits_of_bytes(data)


def text_of_bits(bits, field, text_table):
    data = bytes_of_bits(bits)
    if field.type == 'dvbtext':
        return dvb_text.value_of_bytes(data, field.table or text_table)
    try:
        text = data.decode({'char': 'latin-1', 'text': 'utf-8', 'utf16': 'utf-16-be'}[field.type])
        if field.width is not None:
            text = text.rstrip({'char': ' ', 'utf16': '\0'}.get(field.type, '')) if field.type != 'text' else text
        if '\0' not in text and text_bits(text, field, text_table) == bits:
            return text
    except (UnicodeDecodeError, BadValue):
        pass
    return {'hex': data.hex()}


def bytes_bits(value, width):
    if not isinstance(value, str):
        raise BadValue(OTHER, 'no bytes')
    data = hex_bytes(value[2:] if value[:2] == '\\x' else value)
    if width is not None and 8 * len(data) != width:
        raise BadValue(OTHER, 'another length')
    return bits_of_bytes(data)


# ---------------------------------------------------------------------------------------------
# Any type but tlv, definitions, align and rpchof

def value_bits(value, field, layout):
    if value is None and field.type != 'utc':
        raise BadValue(NULL_VALUE)
    if field.type in INTEGER_TYPES:
        return integer_bits(integer_of(value, field), field)
    if field.type == 'utc':
        return utc_bits(value, layout.minutes)
    if field.type == 'bytes':
        return bytes_bits(value, field.width)
    if field.type in ('inet', 'float'):
        return {'inet': inet_bits, 'float': float_bits}[field.type](value, field.width)
    if field.type in ('duration', 'mjd', 'macaddr'):
        return {'duration': duration_bits, 'mjd': mjd_bits, 'macaddr': macaddr_bits}[field.type](value)
    return text_bits(value, field, layout.text)


def value_of_bits(bits, field, layout):
    if field.type in INTEGER_TYPES:
        return integer_of_bits(bits, field)
    if field.type == 'utc':
        return utc_of_bits(bits, layout.minutes)
    if field.type == 'bytes':
        return bytes_of_bits(bits).hex()
    if field.type == 'inet':
        return inet_of_bits(bits)
    if field.type == 'macaddr':
        return ':'.join('%02x' % byte for byte in bytes_of_bits(bits))
    if field.type == 'mjd':
        return day_of_bits(bits).isoformat()
    if field.type in ('duration', 'float'):
        return {'duration': duration_of_bits, 'float': float_of_bits}[field.type](bits)
    return text_of_bits(bits, field, layout.text)
