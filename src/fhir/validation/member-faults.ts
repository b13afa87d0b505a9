// What is told of the members of an object: one that the type does not have, one that is missing, two values of one choice.
import type { JsonObject } from '../json-object.ts';
import { type Findings, pathOf, report } from './findings.ts';
import type { Field, TypeTable } from './type-table.ts';

export function checkChoice(
  findings: Findings,
  value: JsonObject,
  key: string,
  field: Field,
  type: TypeTable,
): void {
  const name = field.isBeside ? key.slice(1) : key;
  for (const each of Object.keys(value)) {
    if (each === key) return;
    const other = type.fields.get(each);
    if (value[each] === undefined || other?.choice !== field.choice) continue;
    const otherName = other.isBeside ? each.slice(1) : each;
    if (otherName === name) continue;
    const what = `Only one of "${otherName}" and "${name}" may be present`;
    report(findings, 'structure', pathOf(findings, field.name), what);
    return;
  }
}

export function refuseKey(findings: Findings, key: string, type: TypeTable): void {
  report(findings, 'structure', pathOf(findings, shown(key)), `${type.name} has no element "${shown(key)}"`);
  // The library takes these for what they look like, and copies what is beside a primitive onto it.
  if (key.startsWith('_') || key === 'resourceType' || type.name === 'Element') findings.isShaped = false;
}

export function refuseAbsence(findings: Findings, present: number, type: TypeTable): void {
  for (const [place, name] of type.requiredNames.entries()) {
    if ((present & (1 << place)) === 0)
      report(findings, 'structure', pathOf(findings, name), 'Missing required property');
  }
}

function shown(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64).toWellFormed()}…` : text;
}
