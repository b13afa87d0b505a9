// What is said, in every language of the content, as a part of an answer: for whoever puts the answer together.
import type { ParametersParameter } from '@medplum/fhirtypes';
import { saidIn, saidParameter } from '../course/said.ts';

export { saidParameter };

/** A text of a resource with what stands beside it; none where it has no such text. */
export function textParameter(name: string, source: object, field: string): readonly ParametersParameter[] {
  const said = saidIn(source, field);
  return said ? [saidParameter(name, said)] : [];
}
