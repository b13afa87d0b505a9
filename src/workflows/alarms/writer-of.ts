// Who wrote answers down, for the Flag and the Task that they lead to.
import type { Reference } from '@medplum/fhirtypes';
import { localReference } from '../../fhir/reference.ts';

const writerTypes = /^(Practitioner|PractitionerRole|Organization|Patient|Device)\/[^/]+$/;

/** Whoever wrote the answers down, where a Flag can name them. */
export function writerOf({
  author,
  source,
}: {
  readonly author?: Reference;
  readonly source?: Reference;
}): string | undefined {
  return [author, source]
    .map((each) => localReference(each?.reference))
    .find((each) => each !== undefined && writerTypes.test(each));
}
