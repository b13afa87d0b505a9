// Whether a code, Coding or CodeableConcept comes from the value set that R4 binds as required.
// https://hl7.org/fhir/R4/terminologies.html#required
import { withoutVersion } from '../canonical.ts';
import type { CodeList } from './expand-value-set.ts';

export interface RequiredCodes {
  readonly url: string;
  /** system undefined: any system of the value set, as for an element of type code. */
  has(code: string, system: string | undefined): boolean;
  /** For the message: the codes, when they are few. */
  readonly allowed: readonly string[];
}

/**
 * Value sets that are grammars, not lists. Media types also take the short names of formats, which the specification itself uses in
 * CapabilityStatement.format. Currencies change every year, so only their form is checked. UCUM's grammar is not parsed: a unit needs
 * its system and may hold no space. LL379-9 of LOINC (MolecularSequence.structureVariant.variantType) is not at hand: not checked.
 */
const rules: Readonly<Record<string, (code: string, system: string | undefined) => boolean>> = {
  'http://hl7.org/fhir/ValueSet/mimetypes': (code) =>
    /^(?:[\w.+-]+\/[\w.+*-]+(?:\s*;.*)?|xml|json|ttl)$/.test(code),
  'http://hl7.org/fhir/ValueSet/currencies': (code) => /^[A-Z]{3}$/.test(code),
  'http://hl7.org/fhir/ValueSet/ucum-units': (code, system) =>
    system === 'http://unitsofmeasure.org' && !/\s/.test(code),
};

/** Undefined when nobody can tell which codes belong to the value set. */
export function requiredCodes(
  canonical: string,
  valueSet: (url: string) => CodeList | undefined,
): RequiredCodes | undefined {
  const url = withoutVersion(canonical);
  const rule = rules[url];
  if (rule) return { url, has: rule, allowed: [] };
  const list = valueSet(url);
  if (!list) return undefined;
  const bySystem = new Map(Object.entries(list).map(([system, codes]) => [system, new Set(codes)]));
  const all = new Set(Object.values(list).flat());
  return {
    url,
    has: (code, system) =>
      system === undefined ? all.has(code) : (bySystem.get(system)?.has(code) ?? false),
    allowed: all.size <= 20 ? [...all] : [],
  };
}

/** What is wrong with the value of a bound element of type code, Coding or CodeableConcept. */
export function codeFault(value: unknown, type: string, codes: RequiredCodes): string | undefined {
  const allowed = codes.allowed.length > 0 ? `. Allowed: ${codes.allowed.join(', ')}` : '';
  if (type === 'code') {
    if (typeof value !== 'string' || codes.has(value, undefined)) return undefined;
    const shown = value.length > 64 ? `${value.slice(0, 64).toWellFormed()}…` : value;
    return `"${shown}" is not in the required value set ${codes.url}${allowed}`;
  }
  if (type !== 'Coding' && type !== 'CodeableConcept') return undefined;
  const codings = type === 'Coding' ? [value] : (value as { coding?: unknown }).coding;
  // One coding from the value set is enough; others may stand beside it.
  return Array.isArray(codings) && codings.some((coding) => isFrom(codes, coding))
    ? undefined
    : `No coding is from the required value set ${codes.url}${allowed}`;
}

function isFrom(codes: RequiredCodes, coding: unknown): boolean {
  const { code, system } = coding as { code?: unknown; system?: unknown };
  return typeof code === 'string' && codes.has(code, typeof system === 'string' ? system : '');
}
