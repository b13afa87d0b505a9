// Reads the Idempotency-Key header: a structured-field string (RFC 8941 section 3.3.3), or the same letters without quotes.
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
import { invalid } from '../fhir/error.ts';

const visible = /^[\x21-\x7e]{1,255}$/;
const quoted = /^"(?:[^"\\]|\\["\\])*"$/;

/** Throws FhirError 400 for anything but 1 to 255 visible ASCII characters, which two headers of that name are not either. */
export function idempotencyKeyOf(header: string): string {
  const text = header.trim();
  const key = quoted.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
  if (!visible.test(key) || (key === text && text.startsWith('"'))) {
    throw invalid(
      'Idempotency-Key must be one key of 1 to 255 visible ASCII characters, in quotes or without, such as "8e03978e-40d5-43e8".',
    );
  }
  return key;
}
