// What a call has to bring: it is refused where that is missing, with the place at which it belongs.
import { invalid } from '../../fhir/error.ts';
import type { ParameterReader } from './parameter-reader.ts';

/** Refused (400) in these words. */
export function demanded<T>(value: T | undefined, refusal: string, reader: ParameterReader): T {
  if (value === undefined) throw invalid(refusal, reader.expression);
  return value;
}

/** As demanded, for what needs no words beside its name. */
export const needed = <T>(value: T | undefined, name: string, reader: ParameterReader): T =>
  demanded(value, `"${name}" is needed`, reader);
