// The rules for making a token: which role needs which subject, and what an integrator's scopes may say.
import type { Role } from './actor.ts';
import { parseScope } from './scopes.ts';

export interface TokenRequest {
  readonly role: Role;
  readonly subject?: string;
  readonly scopes: readonly string[];
  readonly name?: string;
  /** Whole days, 1 or more. */
  readonly expiresInDays?: number;
}

interface SubjectRule {
  readonly types: readonly string[];
  readonly required: boolean;
}

const subjectRules = {
  gp: { types: ['Practitioner', 'PractitionerRole'], required: true },
  therapist: { types: ['Practitioner', 'PractitionerRole'], required: true },
  patient: { types: ['Patient'], required: true },
  manager: { types: ['Practitioner', 'PractitionerRole'], required: false },
  integrator: { types: ['Organization', 'Device', 'Practitioner'], required: false },
  system: { types: [], required: false },
} as const satisfies Record<Role, SubjectRule>;

export const roles = Object.keys(subjectRules) as readonly Role[];

export function isRole(text: string): text is Role {
  return Object.hasOwn(subjectRules, text);
}

const reference = /^([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}$/;

/** Each fault as a sentence that says what to do; empty when the token may be made. */
export function faultsOfTokenRequest(request: TokenRequest): readonly string[] {
  return [...subjectFaults(request), ...scopeFaults(request), ...expiryFaults(request)];
}

function subjectFaults({ role, subject }: TokenRequest): readonly string[] {
  const rule: SubjectRule = subjectRules[role];
  const example = rule.types.map((type) => `${type}/<id>`).join(' or ');
  if (subject === undefined) {
    return rule.required
      ? [`A ${role} token needs --subject ${example}: it says whose patients are seen.`]
      : [];
  }
  if (rule.types.length === 0) return [`A ${role} token takes no --subject.`];
  const type = reference.exec(subject)?.[1];
  return type !== undefined && rule.types.includes(type)
    ? []
    : [`The --subject of a ${role} token must be ${example}; this is "${subject}".`];
}

function scopeFaults({ role, scopes }: TokenRequest): readonly string[] {
  if (role !== 'integrator') {
    return scopes.length > 0
      ? [`Only an integrator token takes --scope; a ${role}'s rights come from the role.`]
      : [];
  }
  if (scopes.length === 0) {
    return [
      'An integrator token needs at least one --scope, such as system/Observation.rs: without one it may do nothing.',
    ];
  }
  return scopes
    .filter((scope) => parseScope(scope) === undefined)
    .map((scope) => `"${scope}" is not a scope: write system/<type or *>.<letters of cruds in that order>.`);
}

function expiryFaults({ expiresInDays: days }: TokenRequest): readonly string[] {
  // The upper bound keeps the date inside what FHIR instants and SQLite can hold.
  return days === undefined || (Number.isInteger(days) && days >= 1 && days <= 36_500)
    ? []
    : ['--expires-in-days must be a whole number from 1 to 36500.'];
}
