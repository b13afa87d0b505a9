// JSON Patch (RFC 6902) as it is applied to resources: what it does, what it refuses, and that decimals stay as they were written.
import fc from 'fast-check';
import { FhirError } from '../../../src/fhir/error.ts';
import { parseJson, toJson } from '../../../src/fhir/json.ts';
import { applyJsonPatch } from '../../../src/fhir/json-patch.ts';
import { readJsonPatch } from '../../../src/fhir/read-json-patch.ts';

const patched = (document: string, patch: string) =>
  toJson(applyJsonPatch(parseJson(document) as object, readJsonPatch(parseJson(patch))));

function refusal(work: () => unknown): { readonly status: number; readonly says: string | undefined } {
  try {
    work();
  } catch (error) {
    if (error instanceof FhirError) return { status: error.status, says: error.issues[0]?.diagnostics };
    throw error;
  }
  throw new Error('it was not refused');
}

// The examples of RFC 6902, appendix A.
it.each([
  [
    'A.1 adds a member',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/baz","value":"qux"}]',
    '{"foo":"bar","baz":"qux"}',
  ],
  [
    'A.2 adds an element',
    '{"foo":["bar","baz"]}',
    '[{"op":"add","path":"/foo/1","value":"qux"}]',
    '{"foo":["bar","qux","baz"]}',
  ],
  ['A.3 removes a member', '{"baz":"qux","foo":"bar"}', '[{"op":"remove","path":"/baz"}]', '{"foo":"bar"}'],
  [
    'A.4 removes an element',
    '{"foo":["bar","qux","baz"]}',
    '[{"op":"remove","path":"/foo/1"}]',
    '{"foo":["bar","baz"]}',
  ],
  [
    'A.5 replaces a value',
    '{"baz":"qux","foo":"bar"}',
    '[{"op":"replace","path":"/baz","value":"boo"}]',
    '{"baz":"boo","foo":"bar"}',
  ],
  [
    'A.6 moves a value',
    '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
    '[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]',
    '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
  ],
  [
    'A.7 moves an element',
    '{"foo":["all","grass","cows","eat"]}',
    '[{"op":"move","from":"/foo/1","path":"/foo/3"}]',
    '{"foo":["all","cows","eat","grass"]}',
  ],
  [
    'A.8 tests a value',
    '{"baz":"qux","foo":["a",2,"c"]}',
    '[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]',
    '{"baz":"qux","foo":["a",2,"c"]}',
  ],
  [
    'A.10 adds a nested object',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/child","value":{"grandchild":{}}}]',
    '{"foo":"bar","child":{"grandchild":{}}}',
  ],
  [
    'A.11 ignores what it does not know',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/baz","value":"qux","xyz":123}]',
    '{"foo":"bar","baz":"qux"}',
  ],
  ['A.14 reads ~01 as ~1', '{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":10}]', '{"/":9,"~1":10}'],
  [
    'A.16 adds at the end',
    '{"foo":["bar"]}',
    '[{"op":"add","path":"/foo/-","value":["abc","def"]}]',
    '{"foo":["bar",["abc","def"]]}',
  ],
  [
    'copies a value that later changes do not reach',
    '{"a":{"b":1}}',
    '[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]',
    '{"a":{"b":1},"c":{"b":2}}',
  ],
  [
    'adds the same value twice',
    '{}',
    '[{"op":"add","path":"/a","value":{"b":1}},{"op":"copy","from":"/a","path":"/c"},{"op":"add","path":"/a/d","value":3}]',
    '{"a":{"b":1,"d":3},"c":{"b":1}}',
  ],
  ['replaces the whole', '{"a":1}', '[{"op":"replace","path":"","value":{"b":2}}]', '{"b":2}'],
  [
    'compares objects whatever the order of their members',
    '{"a":{"x":1,"y":[null]}}',
    '[{"op":"test","path":"/a","value":{"y":[null],"x":1}}]',
    '{"a":{"x":1,"y":[null]}}',
  ],
  ['moves a value onto itself', '{"a":1}', '[{"op":"move","from":"/a","path":"/a"}]', '{"a":1}'],
])('%s', (_name, document, patch, expected) => {
  expect(patched(document, patch)).toBe(expected);
});

describe('decimals', () => {
  it('stay as they were written, beside and inside what is changed', () => {
    expect(
      patched('{"a":{"value":1.10,"unit":"mg"},"b":2.50}', '[{"op":"replace","path":"/a/unit","value":"g"}]'),
    ).toBe('{"a":{"value":1.10,"unit":"g"},"b":2.50}');
  });

  it('of the patch are stored as the patch writes them', () => {
    expect(patched('{"a":{"value":1.10}}', '[{"op":"replace","path":"/a/value","value":1.1}]')).toBe(
      '{"a":{"value":1.1}}',
    );
    expect(patched('{"a":{"value":1.1}}', '[{"op":"replace","path":"/a/value","value":1.10}]')).toBe(
      '{"a":{"value":1.10}}',
    );
    expect(patched('{"a":[]}', '[{"op":"add","path":"/a/-","value":{"value":3.00}}]')).toBe(
      '{"a":[{"value":3.00}]}',
    );
  });

  it('move and are copied with their text', () => {
    expect(patched('{"a":1.10,"b":[2.0]}', '[{"op":"move","from":"/a","path":"/b/0"}]')).toBe(
      '{"b":[1.10,2.0]}',
    );
    expect(patched('{"a":1.10}', '[{"op":"copy","from":"/a","path":"/b"}]')).toBe('{"a":1.10,"b":1.10}');
    expect(patched('[1.0,1.00,1]', '[{"op":"remove","path":"/0"}]')).toBe('[1.00,1]');
  });

  it('are equal to a test whatever their text', () => {
    expect(patched('{"a":1.10}', '[{"op":"test","path":"/a","value":1.1}]')).toBe('{"a":1.10}');
  });
});

describe('a patch that cannot be read', () => {
  it.each([
    ['{}', 'A JSON Patch is an array of operations: [{"op":"replace","path":"/status","value":...}].'],
    ['[]', 'The JSON Patch has no operation.'],
    ['[1]', 'Operation 1 is no object with op and path.'],
    [
      '[{"op":"delete","path":"/a"}]',
      'Operation 1: op must be one of add, remove, replace, move, copy, test.',
    ],
    ['[{"path":"/a","value":1}]', 'Operation 1: op must be one of add, remove, replace, move, copy, test.'],
    ['[{"op":"add","path":"/a"}]', 'Operation 1 (add) needs a value.'],
    ['[{"op":"remove"}]', 'Operation 1: path must be a JSON Pointer such as "/name/0/family".'],
    ['[{"op":"copy","path":"/a"}]', 'Operation 1: from must be a JSON Pointer such as "/name/0/family".'],
    [
      '[{"op":"remove","path":"name"}]',
      'Operation 1: path "name" is no JSON Pointer: it begins with "/", and "~" is written "~0", "/" "~1".',
    ],
    [
      '[{"op":"remove","path":"/a~2"}]',
      'Operation 1: path "/a~2" is no JSON Pointer: it begins with "/", and "~" is written "~0", "/" "~1".',
    ],
    ['[{"op":"add","path":"/__proto__/x","value":1}]', 'Operation 1: path may not go through "__proto__".'],
    ['[{"op":"add","path":"/constructor","value":1}]', 'Operation 1: path may not go through "constructor".'],
    [
      '[{"op":"copy","from":"/a/prototype","path":"/b"}]',
      'Operation 1: from may not go through "prototype".',
    ],
  ])('is refused: %s', (patch, says) => {
    expect(refusal(() => readJsonPatch(parseJson(patch)))).toEqual({ status: 400, says });
  });

  it('is refused when it is too long, or goes too deep', () => {
    const long = Array.from({ length: 501 }, () => ({ op: 'remove', path: '/a' }));
    expect(refusal(() => readJsonPatch(long))).toEqual({
      status: 400,
      says: 'A JSON Patch may have 500 operations at most.',
    });
    expect(refusal(() => readJsonPatch([{ op: 'remove', path: '/a'.repeat(65) }]))).toEqual({
      status: 400,
      says: 'Operation 1: path has more than 64 steps.',
    });
  });
});

describe('a patch that does not fit', () => {
  it.each([
    ['[{"op":"remove","path":"/b"}]', 'Operation 1 (remove "/b"): there is nothing at "/b".'],
    ['[{"op":"replace","path":"/b","value":1}]', 'Operation 1 (replace "/b"): there is nothing at "/b".'],
    ['[{"op":"add","path":"/b/c","value":1}]', 'Operation 1 (add "/b/c"): there is nothing at "/b".'],
    ['[{"op":"add","path":"/n/x","value":1}]', 'Operation 1 (add "/n/x"): there is nothing at "/n".'],
    [
      '[{"op":"add","path":"/a/4","value":1}]',
      'Operation 1 (add "/a/4"): the array has 2 elements, and "4" is no place in it or at its end.',
    ],
    [
      '[{"op":"add","path":"/a/01","value":1}]',
      'Operation 1 (add "/a/01"): the array has 2 elements, and "01" is no place in it or at its end.',
    ],
    ['[{"op":"remove","path":"/a/-"}]', 'Operation 1 (remove "/a/-"): there is nothing at "/a/-".'],
    [
      '[{"op":"remove","path":"/a/length"}]',
      'Operation 1 (remove "/a/length"): there is nothing at "/a/length".',
    ],
    [
      '[{"op":"remove","path":"/toString"}]',
      'Operation 1 (remove "/toString"): there is nothing at "/toString".',
    ],
    ['[{"op":"copy","from":"/b","path":"/c"}]', 'Operation 1 (copy "/c"): there is nothing at "/b".'],
    [
      '[{"op":"move","from":"/a","path":"/a/0"}]',
      'Operation 1 (move "/a/0"): a value cannot be moved into itself.',
    ],
    [
      '[{"op":"remove","path":"/a/0"},{"op":"test","path":"/a/0","value":"1"}]',
      'Operation 2 (test "/a/0"): the value there is another one. Nothing was changed.',
    ],
    [
      '[{"op":"remove","path":""},{"op":"test","path":"","value":1}]',
      'Operation 2 (test ""): there is nothing at "".',
    ],
  ])('is refused: %s', (patch, says) => {
    expect(refusal(() => patched('{"a":[1,2],"n":null}', patch))).toEqual({ status: 422, says });
  });

  it('is refused when it would take too long, or double without end', () => {
    const patch = Array.from({ length: 60 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
    const nested = refusal(() => applyJsonPatch({ a: [[1]] }, readJsonPatch(patch)));
    expect(nested.status).toBe(422);
    const large = { a: Array.from({ length: 20_000 }, () => 1) };
    const tooMuch = (op: string) => ({
      status: 422,
      says: `Operation ${op}: the patch copies and shifts more than 1000000 values. Send it in parts.`,
    });
    const repeated = (operation: object) => readJsonPatch(Array.from({ length: 400 }, () => operation));
    expect(refusal(() => applyJsonPatch(large, repeated({ op: 'copy', from: '/a', path: '/c' })))).toEqual(
      tooMuch('50 (copy "/c")'),
    );
    expect(refusal(() => applyJsonPatch(large, repeated({ op: 'add', path: '/a/0', value: 1 })))).toEqual(
      tooMuch('50 (add "/a/0")'),
    );
    expect(
      refusal(() => applyJsonPatch(large, repeated({ op: 'move', from: '/a/0', path: '/a/-' }))),
    ).toEqual(tooMuch('50 (move "/a/-")'));
  });

  it('leaves the document as it was', () => {
    const document = parseJson('{"a":[{"value":1.10}]}') as object;
    refusal(() =>
      applyJsonPatch(
        document,
        readJsonPatch([
          { op: 'replace', path: '/a/0/value', value: 2 },
          { op: 'test', path: '/a', value: 1 },
        ]),
      ),
    );
    applyJsonPatch(document, readJsonPatch([{ op: 'add', path: '/a/0', value: 5 }]));
    expect(toJson(document)).toBe('{"a":[{"value":1.10}]}');
  });
});

it('never pollutes a prototype, and throws nothing but refusals, whatever it is given', () => {
  const key = fc.constantFrom('a', 'b', '0', '1', '-', '~0', '__proto__', 'constructor', '');
  const pointer = fc.array(key, { maxLength: 4 }).map((keys) => keys.map((part) => `/${part}`).join(''));
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
      path: pointer,
      from: pointer,
      value: fc.jsonValue({ maxDepth: 3 }),
    },
    { requiredKeys: ['op', 'path'] },
  );
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.array(operation, { maxLength: 6 }), (value, operations) => {
      const document = { a: value, b: [value] };
      const before = JSON.stringify(document);
      try {
        applyJsonPatch(document, readJsonPatch(operations));
      } catch (error) {
        if (!(error instanceof FhirError)) throw error;
      }
      return JSON.stringify(document) === before && Object.keys(Object.prototype).length === 0;
    }),
    { numRuns: 500 },
  );
});
