// The Prefer header: https://hl7.org/fhir/R4/http.html#ops (return) and https://hl7.org/fhir/R4/search.html#errors (handling)
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import type { StoredVersion } from '../store/store.ts';
import { type Answer, resourceAnswer, versionAnswer, versionHeaders } from './answer.ts';

export interface Preferences {
  /** Absent when the client has no wish. */
  readonly return?: 'minimal' | 'representation' | 'OperationOutcome';
  readonly handling: 'strict' | 'lenient';
}

const byDefault: Preferences = { handling: 'lenient' };

/**
 * Reads what is understood; RFC 7240 says that the rest is to be ignored, that names are the same in small letters and large, and
 * that of a preference that stands twice the first counts. Several headers arrive as one, joined by commas.
 */
export function preferences(header: string | undefined): Preferences {
  if (header === undefined) {
    return byDefault;
  }
  const said = new Map<string, string>();
  for (const part of header.split(/[,;]/)) {
    const [name = '', value = ''] = part.split('=').map((each) => each.trim());
    if (!said.has(name.toLowerCase())) said.set(name.toLowerCase(), value.replaceAll('"', ''));
  }
  const wish = said.get('return');
  return {
    ...((wish === 'minimal' || wish === 'OperationOutcome' || wish === 'representation') && { return: wish }),
    handling: said.get('handling') === 'strict' ? 'strict' : 'lenient',
  };
}

/** What a successful write sends back, as the client prefers; without a wish, the resource. `warnings` are the validator's remarks below an error. */
export function writtenAnswer(
  status: 200 | 201,
  version: StoredVersion,
  wish: Preferences,
  headers: Readonly<Record<string, string>>,
  warnings: readonly OperationOutcomeIssue[] = [],
): Answer {
  if (wish.return === 'minimal') {
    return { status, headers: { ...versionHeaders(version), ...headers } };
  }
  if (wish.return === 'OperationOutcome') {
    const stored: OperationOutcomeIssue = {
      severity: 'information',
      code: 'informational',
      diagnostics: `Stored as ${version.resourceType}/${version.id}/_history/${version.versionId}.`,
    };
    const outcome: Resource = { resourceType: 'OperationOutcome', issue: [stored, ...warnings] };
    return resourceAnswer(status, outcome, { ...versionHeaders(version), ...headers });
  }
  return versionAnswer(status, version, headers);
}
