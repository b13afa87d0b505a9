// Says what is wrong with a refused JSON text, and where. Slow and exact; it runs only once a text is known to be at fault.
export interface JsonLimits {
  /** Objects and arrays inside each other; the outermost counts 1. */
  readonly depth: number;
  /** Members of one object. */
  readonly members: number;
}

export interface JsonFault {
  /** A clause such as `The key "id" stands twice`. Never quotes a value, which may be a person's. */
  readonly what: string;
  readonly line: number;
  readonly column: number;
  /** What was being read, from `$`, such as `$.entry[3].resource`. */
  readonly path: string;
}

/** What unwinds the reader at the first fault; it never leaves this file. */
class Found extends Error {
  readonly at: number;

  constructor(what: string, at: number) {
    super(what);
    this.at = at;
  }
}

const escapes = new Set(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']);
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literalPattern = /true|false|null/y;

/** The first fault of a JSON text by the grammar of RFC 8259 and the rules of `parseJson`; undefined when there is none. */
export function findJsonFault(text: string, limits: JsonLimits): JsonFault | undefined {
  const path: string[] = ['$'];
  let at = 0;

  try {
    readValue();
    skipSpace();
    if (at < text.length) throw new Found('Something follows the JSON value', at);
    return undefined;
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    const before = text.slice(0, error.at);
    return {
      what: error.message,
      line: before.split('\n').length,
      column: error.at - before.lastIndexOf('\n'),
      path: path.join(''),
    };
  }

  function readValue(): void {
    skipSpace();
    const sign = text[at];
    if (sign === undefined) throw new Found('The text ends where a value is expected', at);
    if (sign === '{') readMembers();
    else if (sign === '[') readItems();
    else if (sign === '"') readString();
    else if (sign === '-' || (sign >= '0' && sign <= '9')) readNumber();
    else if (!skip(literalPattern)) throw new Found('A value is expected', at);
  }

  function readMembers(): void {
    const keys = new Set<string>();
    const start = open();
    if (!closes('}')) {
      do {
        skipSpace();
        const keyAt = at;
        if (text[at] !== '"') throw new Found('A key in double quotes is expected', at);
        const key = readString();
        if (key === '__proto__') throw new Found('The key "__proto__" is not permitted', keyAt);
        if (keys.has(key)) throw new Found(`The key ${shown(key)} stands twice`, keyAt);
        keys.add(key);
        if (keys.size > limits.members)
          throw new Found(`An object has more than ${limits.members} members`, start);
        skipSpace();
        if (text[at] !== ':') throw new Found(`A colon is expected after the key ${shown(key)}`, at);
        at++;
        path.push(/^[A-Za-z_]\w{0,63}$/.test(key) ? `.${key}` : `[${shown(key)}]`);
        readValue();
        path.pop();
      } while (continues('}'));
    }
    path.pop();
  }

  function readItems(): void {
    open();
    if (!closes(']')) {
      let item = 0;
      do {
        path.push(`[${item++}]`);
        readValue();
        path.pop();
      } while (continues(']'));
    }
    path.pop();
  }

  /** The empty step that it pushes on the path counts the depth. */
  function open(): number {
    path.push('');
    const depth = path.filter((step) => step === '').length;
    if (depth > limits.depth)
      throw new Found(`Objects and arrays stand inside each other more than ${limits.depth} deep`, at);
    return at++;
  }

  function closes(end: string): boolean {
    skipSpace();
    if (text[at] !== end) return false;
    at++;
    return true;
  }

  function continues(end: string): boolean {
    if (closes(end)) return false;
    if (text[at] !== ',') throw new Found(`A comma or ${end} is expected`, at);
    at++;
    return true;
  }

  function readString(): string {
    const start = at++;
    let value = '';
    for (;;) {
      const unitAt = at;
      const unit = text[at++];
      if (unit === undefined) throw new Found('A string does not end', start);
      if (unit === '"') break;
      if (unit === '\0') throw new Found('The character NUL is not permitted', unitAt);
      if (unit < ' ') throw new Found('A control character stands in a string without an escape', unitAt);
      const meant = unit === '\\' ? readEscape(unitAt) : unit;
      if (meant === '\0') throw new Found('The character NUL is not permitted', unitAt);
      value += meant;
      if (meant >= '\uD800' && meant <= '\uDFFF') checkPair(unitAt, unit === '\\');
    }
    return value;
  }

  function readEscape(start: number): string {
    const sign = text[at++] ?? '';
    if (escapes.has(sign)) return JSON.parse(`"\\${sign}"`) as string;
    const hex = sign === 'u' ? text.slice(at, at + 4) : '';
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new Found('A backslash begins no escape that JSON knows', start);
    at += 4;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  /** Called after one half of a pair was read: a first half is followed by a second, written the same way; a second is never alone. */
  function checkPair(start: number, isEscaped: boolean): void {
    const pair = isEscaped ? text.slice(start, start + 12) : text.slice(start, start + 2);
    const isWhole = isEscaped
      ? /^\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}$/.test(pair)
      : /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(pair);
    if (!isWhole) throw new Found('Half of a surrogate pair is no character', start);
    at = start + pair.length;
  }

  function readNumber(): void {
    const start = at;
    if (!skip(numberPattern)) throw new Found('A number is not written as JSON writes numbers', start);
    if (/[\w.+-]/.test(text[at] ?? ''))
      throw new Found('A number is not written as JSON writes numbers', start);
    if (!fitsDouble(text.slice(start, at)))
      throw new Found('A number is too large or too small to be kept', start);
  }

  function skip(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  }

  function skipSpace(): void {
    while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  }
}

/** False for 1e400, which a double turns into infinity, and for 1e-400, which it turns into nothing. True for what is no number. */
export function fitsDouble(written: string): boolean {
  const value = Number(written);
  if (Number.isNaN(value)) return true;
  return Number.isFinite(value) && (value !== 0 || !/^[^eE]*[1-9]/.test(written));
}

function shown(key: string): string {
  return JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key).toWellFormed();
}
