// The reader of JSON refuses what other readers repair in silence, and says where the fault is.
import { FhirError } from '../../../src/fhir/error.ts';
import { parseJson } from '../../../src/fhir/json.ts';
import { processorMs } from '../../support/processor-time.ts';

function refusalOf(source: string | Uint8Array, limits = {}): unknown {
  try {
    return parseJson(source, limits);
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    expect([error.status, error.issues[0]?.code, error.issues.length]).toEqual([400, 'structure', 1]);
    return error.issues[0]?.diagnostics;
  }
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('valid JSON', () => {
  it.each([
    '{}',
    '[]',
    'null',
    'true',
    '-0',
    '0.5',
    '1E+2',
    '""',
    '"\\u00e9\\n\\/\\"\\\\\\t"',
    '"\\ud83d\\ude00 😀"',
    '"\u2028\u2029\u007f"',
    ' \t\r\n[ 1 , 2 ] \n',
    '{"":0,"a":{"a":[{"a":1}]}}',
    '{"a\\u0062":1,"b":2}',
    '{"constructor":1,"toString":2,"0":3,"1":4}',
    '[-1,0,10,123456789012345,1234567890123456789]',
  ])('reads %s as JSON.parse does', (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
    expect(parseJson(utf8(text))).toEqual(JSON.parse(text));
  });

  it('drops one byte order mark, and only one', () => {
    expect(parseJson(bytes(0xef, 0xbb, 0xbf, 0x5b, 0x5d))).toEqual([]);
    expect(parseJson('\uFEFF[]')).toEqual([]);
    expect(refusalOf('\uFEFF\uFEFF[]')).toBe('A value is expected at line 1, column 1, in $.');
    expect(refusalOf(bytes(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x5b, 0x5d))).toBe(
      'A value is expected at line 1, column 1, in $.',
    );
  });

  it('reads 64 levels and no more', () => {
    expect(Array.isArray(parseJson('['.repeat(64) + ']'.repeat(64)))).toBe(true);
    const path = `$${'[0]'.repeat(64)}`;
    expect(refusalOf('['.repeat(65) + ']'.repeat(65))).toBe(
      `Objects and arrays stand inside each other more than 64 deep at line 1, column 65, in ${path}.`,
    );
  });

  it('takes other limits', () => {
    expect(refusalOf('{"a":1,"b":2}', { members: 1 })).toBe(
      'An object has more than 1 members at line 1, column 1, in $.',
    );
    expect(refusalOf('[[]]', { depth: 1 })).toBe(
      'Objects and arrays stand inside each other more than 1 deep at line 1, column 2, in $[0].',
    );
  });
});

describe('what JSON.parse would let through', () => {
  it.each([
    ['{"a":1,"a":1}', 'The key "a" stands twice at line 1, column 8, in $.'],
    ['{"a":1,"\\u0061":2}', 'The key "a" stands twice at line 1, column 8, in $.'],
    ['[{"b":{"id":1,\n  "id":2}}]', 'The key "id" stands twice at line 2, column 3, in $[0].b.'],
    ['{"__proto__":{"a":1}}', 'The key "__proto__" is not permitted at line 1, column 2, in $.'],
    ['{"a":[{"__pro\\u0074o__":1}]}', 'The key "__proto__" is not permitted at line 1, column 8, in $.a[0].'],
    ['{"__proto__":1,"__proto__":2}', 'The key "__proto__" is not permitted at line 1, column 2, in $.'],
    ['["a\\u0000"]', 'The character NUL is not permitted at line 1, column 4, in $[0].'],
    ['{"a\\u0000b":1}', 'The character NUL is not permitted at line 1, column 4, in $.'],
    ['"\\ud800"', 'Half of a surrogate pair is no character at line 1, column 2, in $.'],
    ['"\\udc00"', 'Half of a surrogate pair is no character at line 1, column 2, in $.'],
    ['"\\ude00\\ud83d"', 'Half of a surrogate pair is no character at line 1, column 2, in $.'],
    ['"\\ud83d\\u0041"', 'Half of a surrogate pair is no character at line 1, column 2, in $.'],
    ['"\ud83d"', 'Half of a surrogate pair is no character at line 1, column 2, in $.'],
    ['"\ud83d\\ude00"', 'Half of a surrogate pair is no character at line 1, column 2, in $.'],
    ['{"v":1e400}', 'A number is too large or too small to be kept at line 1, column 6, in $.v.'],
    ['[-1e400]', 'A number is too large or too small to be kept at line 1, column 2, in $[0].'],
    ['[1e-400]', 'A number is too large or too small to be kept at line 1, column 2, in $[0].'],
  ])('is refused: %j', (text, diagnostics) => {
    expect(refusalOf(text)).toBe(diagnostics);
  });

  it('is refused: more than 10,000 members in an object', () => {
    const text = `{${Array.from({ length: 10_001 }, (_, place) => `"k${place}":0`).join(',')}}`;
    expect(refusalOf(text)).toBe('An object has more than 10000 members at line 1, column 1, in $.');
  });
});

describe('what is no JSON', () => {
  it.each([
    ['', 'The text ends where a value is expected at line 1, column 1, in $.'],
    [' ', 'The text ends where a value is expected at line 1, column 2, in $.'],
    ['[', 'The text ends where a value is expected at line 1, column 2, in $[0].'],
    ['[1', 'A comma or ] is expected at line 1, column 3, in $.'],
    ['[1,]', 'A value is expected at line 1, column 4, in $[1].'],
    ['[,1]', 'A value is expected at line 1, column 2, in $[0].'],
    ['[1 2]', 'A comma or ] is expected at line 1, column 4, in $.'],
    ['[1}', 'A comma or ] is expected at line 1, column 3, in $.'],
    [']', 'A value is expected at line 1, column 1, in $.'],
    ['{} {}', 'Something follows the JSON value at line 1, column 4, in $.'],
    ['{}\u0000', 'Something follows the JSON value at line 1, column 3, in $.'],
    ['{"a":1,}', 'A key in double quotes is expected at line 1, column 8, in $.'],
    ['{a:1}', 'A key in double quotes is expected at line 1, column 2, in $.'],
    ["{'a':1}", 'A key in double quotes is expected at line 1, column 2, in $.'],
    ['{"a" 1}', 'A colon is expected after the key "a" at line 1, column 6, in $.'],
    ['{"a":}', 'A value is expected at line 1, column 6, in $.a.'],
    ['{"a"::1}', 'A value is expected at line 1, column 6, in $.a.'],
    ['{"with space":tru}', 'A value is expected at line 1, column 15, in $["with space"].'],
    ['True', 'A value is expected at line 1, column 1, in $.'],
    ['nul', 'A value is expected at line 1, column 1, in $.'],
    ['NaN', 'A value is expected at line 1, column 1, in $.'],
    ['Infinity', 'A value is expected at line 1, column 1, in $.'],
    ['undefined', 'A value is expected at line 1, column 1, in $.'],
    ['/* x */ 1', 'A value is expected at line 1, column 1, in $.'],
    ['1 // x', 'Something follows the JSON value at line 1, column 3, in $.'],
    ['[01]', 'A number is not written as JSON writes numbers at line 1, column 2, in $[0].'],
    ['[+1]', 'A value is expected at line 1, column 2, in $[0].'],
    ['[.5]', 'A value is expected at line 1, column 2, in $[0].'],
    ['[1.]', 'A number is not written as JSON writes numbers at line 1, column 2, in $[0].'],
    ['[1e]', 'A number is not written as JSON writes numbers at line 1, column 2, in $[0].'],
    ['[-]', 'A number is not written as JSON writes numbers at line 1, column 2, in $[0].'],
    ['[--1]', 'A number is not written as JSON writes numbers at line 1, column 2, in $[0].'],
    ['[0x10]', 'A number is not written as JSON writes numbers at line 1, column 2, in $[0].'],
    ['[1_000]', 'A number is not written as JSON writes numbers at line 1, column 2, in $[0].'],
    ['[1.2.3]', 'A number is not written as JSON writes numbers at line 1, column 2, in $[0].'],
    ['"a', 'A string does not end at line 1, column 1, in $.'],
    ['"\\"', 'A string does not end at line 1, column 1, in $.'],
    ["'a'", 'A value is expected at line 1, column 1, in $.'],
    ['"a\nb"', 'A control character stands in a string without an escape at line 1, column 3, in $.'],
    ['"\t"', 'A control character stands in a string without an escape at line 1, column 2, in $.'],
    ['"a\u0000"', 'The character NUL is not permitted at line 1, column 3, in $.'],
    ['"\\x41"', 'A backslash begins no escape that JSON knows at line 1, column 2, in $.'],
    ['"\\u12g4"', 'A backslash begins no escape that JSON knows at line 1, column 2, in $.'],
    ['"\\u{41}"', 'A backslash begins no escape that JSON knows at line 1, column 2, in $.'],
    ['[1]\u00a0', 'Something follows the JSON value at line 1, column 4, in $.'],
  ])('is refused with its place: %j', (text, diagnostics) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(refusalOf(text)).toBe(diagnostics);
  });

  it.each([
    [bytes(0x22, 0xc3, 0x28, 0x22), 2],
    [bytes(0x22, 0xff, 0x22), 2],
    [bytes(0x22, 0xc0, 0x80, 0x22), 2],
    [bytes(0x22, 0xed, 0xa0, 0x80, 0x22), 2],
    [bytes(0x22, 0xf5, 0x80, 0x80, 0x80, 0x22), 2],
    [bytes(0xff, 0xfe, 0x5b, 0x00, 0x5d, 0x00), 1],
  ])('is refused when the bytes are not UTF-8: %j', (source, place) => {
    expect(refusalOf(source)).toBe(`The body is not valid UTF-8: byte ${place}, on line 1.`);
  });

  it('counts the lines before a byte that is not UTF-8', () => {
    expect(refusalOf(bytes(0x5b, 0x0a, 0x0a, 0xff, 0x5d))).toBe(
      'The body is not valid UTF-8: byte 4, on line 3.',
    );
  });

  it('is refused without quoting a value, which may be a person', () => {
    expect(refusalOf('{"name":"Invented" "Person"}')).toBe(
      'A comma or } is expected at line 1, column 20, in $.',
    );
  });

  it('is refused in a moment even when it is long', () => {
    const startedMs = processorMs();
    const text = `[${'{"a":"\\u0041é"},'.repeat(250_000)}{"a":1,"a":2}]`;
    expect(refusalOf(text)).toBe('The key "a" stands twice at line 1, column 4000009, in $[250000].');
    expect(refusalOf('['.repeat(5_000_000))).toMatch(/more than 64 deep/);
    expect(refusalOf(`"${'\\'.repeat(2_000_000)}`)).toMatch(/A string does not end/);
    expect(processorMs() - startedMs).toBeLessThan(10_000);
  });
});
