// Literal references, brought to one form so that two spellings of one target compare equal.
// https://hl7.org/fhir/R4/references.html#literal

/** Where a reference points: a resource of this server, or anything else by its address. */
export type ReferenceTarget =
  | { readonly kind: 'local'; readonly type: string; readonly id: string }
  | { readonly kind: 'url'; readonly url: string };

const relativeForm = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

/**
 * Reads `Reference.reference`. A reference under `baseUrl` counts as local and loses its version.
 * Contained (`#x`) and empty references have no target outside their resource: undefined.
 */
export function referenceTarget(reference: string, baseUrl?: string): ReferenceTarget | undefined {
  const relative =
    baseUrl !== undefined && reference.startsWith(`${baseUrl}/`)
      ? reference.slice(baseUrl.length + 1)
      : reference;
  const match = relativeForm.exec(relative);
  if (match?.[1] !== undefined && match[2] !== undefined) {
    return { kind: 'local', type: match[1], id: match[2] };
  }
  return reference === '' || reference.startsWith('#') ? undefined : { kind: 'url', url: reference };
}

/** Does any reference in a resource, at whatever depth, hold? Plain loops: every write is looked through. */
export function someReference(value: unknown, holds: (reference: string) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && someReference(item, holds)) return true;
    return false;
  }
  for (const key in value) {
    const member: unknown = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof member === 'string') {
      if (key === 'reference' && holds(member)) return true;
    } else if (typeof member === 'object' && someReference(member, holds)) {
      return true;
    }
  }
  return false;
}

/** The relative form without a version, such as "Practitioner/x"; undefined for what does not point to this server. */
export function localReference(reference: string | undefined, baseUrl?: string): string | undefined {
  const target = reference === undefined ? undefined : referenceTarget(reference, baseUrl);
  return target?.kind === 'local' ? `${target.type}/${target.id}` : undefined;
}

/** The id of the Patient of this server whom a resource is about; undefined when it is about nobody, or about something else. */
export function patientIdOf({
  subject,
}: {
  readonly subject?: { readonly reference?: string };
}): string | undefined {
  const [type, id] = localReference(subject?.reference)?.split('/') ?? [];
  return type === 'Patient' ? id : undefined;
}
