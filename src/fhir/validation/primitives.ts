// The primitive types of R4: how each is written in JSON, and what is wrong with a value of it.
// https://hl7.org/fhir/R4/datatypes.html#primitive. Every pattern takes time in proportion to the text, whatever the text is.

export type Primitive =
  | { readonly jsType: 'string'; readonly fault: (text: string) => string | undefined }
  | { readonly jsType: 'number'; readonly fault: (value: number) => string | undefined }
  | { readonly jsType: 'boolean' };

/** "Strings SHALL NOT exceed 1MB (1024*1024 characters) in size"; the same bound, in bytes, holds for what base64Binary carries. */
const longestText = 1024 * 1024;

const year = String.raw`(?:\d(?:\d(?:\d[1-9]|[1-9]0)|[1-9]00)|[1-9]000)`;
const month = '(?:0[1-9]|1[0-2])';
const day = String.raw`(?:0[1-9]|[12]\d|3[01])`;
// R4 sets no bound to the digits of a second; nine are nanoseconds, and what is finer is a fault of the sender.
const clock = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?`;
const zone = String.raw`(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))`;

const integerRange = [-2_147_483_648, 2_147_483_647] as const;

const primitives: Readonly<Record<string, Primitive>> = {
  base64Binary: { jsType: 'string', fault: base64Fault },
  boolean: { jsType: 'boolean' },
  canonical: text('canonical', /^\S*$/),
  code: text('code', /^\S+(?: \S+)*$/),
  date: date('date', `${year}(?:-${month}(?:-${day})?)?`),
  dateTime: date('dateTime', `${year}(?:-${month}(?:-${day}(?:T${clock}${zone})?)?)?`),
  decimal: {
    jsType: 'number',
    fault: (value) => (Number.isFinite(value) ? undefined : 'Invalid numeric value'),
  },
  id: text('id', /^[A-Za-z0-9\-.]{1,64}$/),
  instant: date('instant', `${year}-${month}-${day}T${clock}${zone}`),
  integer: integer(...integerRange),
  markdown: text('markdown', /^[\r\n\t\u0020-\uFFFF]+$/),
  oid: text('oid', /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/),
  positiveInt: integer(1, integerRange[1]),
  string: text('string', /^[\r\n\t\u0020-\uFFFF]+$/),
  time: text('time', new RegExp(`^${clock}$`)),
  unsignedInt: integer(0, integerRange[1]),
  uri: text('uri', /^\S*$/),
  url: text('url', /^\S*$/),
  uuid: text('uuid', /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
  // What a narrative may hold is judged by narrative.ts.
  xhtml: text('xhtml', /^/),
};

const byName = new Map(Object.entries(primitives));

/** Undefined for a type whose values are objects. */
export function primitiveOf(type: string): Primitive | undefined {
  return byName.get(type);
}

function text(type: string, form: RegExp): Primitive {
  const malformed = `Invalid ${type} format`;
  return {
    jsType: 'string',
    fault: (value) => generalFault(value) ?? (form.test(value) ? undefined : malformed),
  };
}

function date(type: string, pattern: string): Primitive {
  const form = new RegExp(`^${pattern}$`);
  return {
    jsType: 'string',
    fault(value) {
      const fault = generalFault(value);
      if (fault) return fault;
      if (!form.test(value)) return `Invalid ${type} format`;
      return isInCalendar(value) ? undefined : `Invalid ${type} value`;
    },
  };
}

function generalFault(value: string): string | undefined {
  // Most texts begin with a letter or digit of ASCII; only the others need a closer look.
  const first = value.charCodeAt(0);
  if (!(first > 0x20 && first < 0x7f) && value.trim() === '')
    return 'String must contain non-whitespace content';
  return value.length > longestText ? 'String cannot be larger than 1 MB' : undefined;
}

/** Whether the month has that day; the text already has the form of a date. */
function isInCalendar(value: string): boolean {
  if (value.length < 10) return true;
  const dayOfMonth = Number(value.slice(8, 10));
  if (dayOfMonth <= 28) return true;
  const monthOfYear = Number(value.slice(5, 7));
  if (monthOfYear !== 2) return dayOfMonth <= ([4, 6, 9, 11].includes(monthOfYear) ? 30 : 31);
  const yearNumber = Number(value.slice(0, 4));
  const isLeap = yearNumber % 4 === 0 && (yearNumber % 100 !== 0 || yearNumber % 400 === 0);
  return isLeap && dayOfMonth === 29;
}

function base64Fault(value: string): string | undefined {
  const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0;
  const data = padding > 0 ? value.slice(0, -padding) : value;
  if (value.length % 4 !== 0 || !/^[A-Za-z\d+/]+$/.test(data)) return 'Invalid base64Binary format';
  const bytes = (value.length / 4) * 3 - padding;
  return bytes > longestText ? `base64Binary exceeds ${longestText} bytes` : undefined;
}

function integer(least: number, most: number): Primitive {
  return {
    jsType: 'number',
    fault(value) {
      if (!Number.isInteger(value)) {
        return Number.isFinite(value) ? 'Expected number to be an integer' : 'Invalid numeric value';
      }
      return value >= least && value <= most
        ? undefined
        : `Expected number to be in the range ${least}..${most}`;
    },
  };
}
