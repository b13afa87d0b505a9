// A typed view of what supertest parsed, so that tests can look into answers without "any".
import type { Bundle, OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';

export interface AnswerEntry {
  readonly fullUrl: string;
  readonly resource: AnswerBody;
  readonly request: { readonly method: string; readonly url: string };
  readonly response: {
    readonly status: string;
    readonly location: string;
    readonly etag: string;
    readonly outcome: AnswerBody;
  };
  readonly search: { readonly mode: string };
}

/** The members that tests look at, as if each were there: a test that reads one which is not there fails by itself. */
export interface AnswerBody {
  readonly resourceType: Resource['resourceType'];
  readonly type: string;
  readonly id: string;
  readonly meta: { readonly versionId: string; readonly lastUpdated: string };
  readonly issue: readonly (OperationOutcomeIssue & { readonly expression: string[] })[];
  readonly total: number;
  readonly link: readonly { readonly relation: string; readonly url: string }[];
  readonly entry: readonly AnswerEntry[];
  readonly subject: { readonly reference: string };
  readonly text: { readonly div: string };
  readonly identifier: readonly { readonly value: string }[];
  readonly generalPractitioner: readonly { readonly reference: string }[];
  readonly managingOrganization: { readonly reference: string };
  readonly partOf: { readonly reference: string };
}

export function bodyOf(answer: { readonly body: unknown }): AnswerBody {
  return answer.body as AnswerBody;
}

/** The same, for the validator. */
export function resourceOf(answer: { readonly body: unknown }): Resource {
  return answer.body as Bundle;
}

/** The statuses of a batch-response or transaction-response. */
export function statusesOf(answer: { readonly body: unknown }): readonly string[] {
  return bodyOf(answer).entry.map(({ response }) => response.status);
}

export function entryOf(answer: { readonly body: unknown }, at: number): AnswerEntry {
  const entry = bodyOf(answer).entry[at];
  if (entry === undefined) {
    throw new Error(`the answer has no entry ${at}`);
  }
  return entry;
}

export function issueOf(answer: { readonly body: unknown }, at: number): AnswerBody['issue'][number] {
  const issue = bodyOf(answer).issue[at];
  if (issue === undefined) {
    throw new Error(`the answer has no issue ${at}`);
  }
  return issue;
}
