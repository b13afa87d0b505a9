// Names of fhir-profiles/ that several engines read, none of which may import another.

/** What has to be asked about, or looked at, before the next step; its concepts say which of them stop it. */
export const safetySystem = 'https://w3id.org/alongside/fhir/CodeSystem/safety-check';
/** What a step of a pathway is: the sessions of a course, an explanation, a follow-up. */
export const stepSystem = 'https://w3id.org/alongside/fhir/CodeSystem/pathway-step';
/** Extension of an activity, or of an action of a plan: within which time somebody acts on it. */
export const dueWithinUrl = 'https://w3id.org/alongside/fhir/StructureDefinition/due-within';
