// Values that have broken other servers: SQL, paths, prototypes, encodings, sizes. Invented for these tests.

export const sqlTexts: readonly string[] = [
  "' OR '1'='1",
  "'; DROP TABLE resource; --",
  '") UNION SELECT hash FROM token --',
  '1; PRAGMA writable_schema = ON',
  'row_id DESC LIMIT 1 --',
  '%27%20OR%201=1',
  "x' AND (SELECT count(*) FROM token) > 0 --",
  '1); DELETE FROM resource; SELECT (1',
  "'||(SELECT text FROM term LIMIT 1)||'",
  'a%_b*?[a-z]',
];

export const pathTexts: readonly string[] = [
  '../../../../etc/passwd',
  '..%2f..%2fdata%2falongside.sqlite',
  '..\\..\\data',
  'Patient/../Practitioner/x',
  '/proc/self/environ',
  'file:///etc/passwd',
];

export const prototypeTexts: readonly string[] = [
  '__proto__',
  '__proto__.polluted',
  'constructor',
  'constructor.prototype.polluted',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
];

export const hostileTexts: readonly string[] = [
  ...sqlTexts,
  ...pathTexts,
  ...prototypeTexts,
  '$apply',
  '\u202Egnirts',
  'é\u0301\u{1F600}',
  '\\,\\|\\$',
  '|',
  ',,,',
  'a|b|c|d',
  '$',
  '-0',
  '1e400',
  '9'.repeat(400),
  '2026-13-45',
  '0000',
  '2026-11-20T25:61:61Z',
  'ge',
  'gegt2026',
  'x'.repeat(3000),
  '(a+)+$',
  '<script>alert(1)</script>',
  'urn:uuid:not-one',
  'http://[::1',
  '*',
  '',
];

/** The same, and what JSON has beside texts. */
export const hostileJson: readonly unknown[] = [
  ...hostileTexts,
  null,
  true,
  -1,
  1e308,
  [],
  {},
  [[]],
  [null],
  { resourceType: 'Patient' },
  { reference: 'Patient/../x' },
  { reference: '#' },
  { extension: [{ url: 'x' }] },
  { __proto__x: 1, constructor: { prototype: { polluted: true } } },
];
