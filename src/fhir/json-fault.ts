// Says what is wrong with a refused JSON text, and where. Slow and exact; it runs only once a text is known to be at fault.
import type { JsonLimits } from './json.ts';

export interface JsonFault {
  /** A sentence without its end, such as `The key "id" stands twice`. Never quotes a value, which may be a person's. */
  readonly what: string;
  readonly line: number;
  readonly column: number;
  /** The object, array or member that was being read, from `$`, such as `$.entry[3].resource`. */
  readonly path: string;
}
