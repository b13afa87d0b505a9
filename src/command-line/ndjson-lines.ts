// Reads a file of lines in pieces, so that neither its size nor one endless line fills the memory.
import { createReadStream } from 'node:fs';

export interface NdjsonLine {
  /** Without its end; absent when the line is longer than the limit. */
  readonly bytes?: Buffer;
  /** Where the next line begins, in bytes from the start of the file. */
  readonly endsAt: number;
}

const newLine = 0x0a;
const pieceBytes = 1024 * 1024;

/** Every line from `fromByte` on, empty ones too. `fromByte` must be the begin of a line. */
export async function* ndjsonLines(
  file: string,
  fromByte: number,
  limitBytes: number,
): AsyncGenerator<NdjsonLine> {
  let parts: Buffer[] = [];
  let length = 0;
  let place = fromByte;
  const add = (part: Buffer) => {
    length += part.length;
    if (length <= limitBytes) parts.push(part);
    else parts = [];
  };
  const take = (endsAt: number): NdjsonLine => {
    const [only] = parts;
    const whole = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    const line = length > limitBytes ? { endsAt } : { bytes: whole, endsAt };
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of createReadStream(file, { start: fromByte, highWaterMark: pieceBytes })) {
    const piece = chunk as Buffer;
    let from = 0;
    for (let end = piece.indexOf(newLine); end >= 0; end = piece.indexOf(newLine, from)) {
      add(piece.subarray(from, end));
      from = end + 1;
      yield take(place + from);
    }
    add(piece.subarray(from));
    place += piece.length;
  }
  if (length > 0) yield take(place);
}
