// Searches that are well formed and ask for as much as a search can, and what the service says to each.

export interface CostlySearch {
  readonly what: string;
  /** Below the FHIR base. */
  readonly path: string;
  /** Answered, or refused with what an OperationOutcome says. */
  readonly answer: 'page' | RegExp;
}

const list = (count: number, one: (at: number) => string) =>
  Array.from({ length: count }, (_none, at) => one(at)).join(',');
const codes = (count: number) => list(count, (at) => `measure-${at}`);
const pairs = (count: number) => list(count, (at) => `measure-${at}$lt${at + 100}`);
const repeated = (text: string, count: number) => Array.from({ length: count }, () => text).join('&');

const search = (what: string, path: string, answer: CostlySearch['answer'] = 'page'): CostlySearch => ({
  what,
  path,
  answer,
});

export const costlySearches: readonly CostlySearch[] = [
  search('a page of a milliard', '/Observation?_count=1000000000'),
  search('every include', '/Observation?_include=*', /would include everything/),
  search('every include of a type', '/Observation?_include=Observation:*', /would include everything/),
  search('every reverse include', '/Patient?_revinclude=*', /would include everything/),
  search('six includes', `/Patient?${repeated('_revinclude=Observation:patient', 6)}`, /at most 5 includes/),
  search('one letter anywhere in a name', '/Patient?name:contains=e&_total=accurate&_sort=birthdate'),
  search('a leading wildcard, which is no wildcard here', '/Patient?name:contains=*e&_total=accurate'),
  search(
    'one letter in the words beside a code',
    '/Observation?code:text=w&_total=accurate&_sort=value-quantity',
  ),
  search(
    'a chain of 60',
    `/Observation?${'has-member:Observation.'.repeat(60)}code=x`,
    /at most 4 steps, this one 60/,
  ),
  search(
    'a reverse chain of 60',
    `/Patient?${'_has:Observation:patient:'.repeat(60)}code=x`,
    /at most 4 steps/,
  ),
  search(
    'a chain of four',
    `/Observation?${'has-member:Observation.'.repeat(4)}code:not=measure-1&_total=accurate`,
  ),
  search(
    'a reverse chain of two and back',
    '/Patient?_has:Observation:patient:patient._has:Observation:patient:code:not=none&_total=accurate',
  ),
  search('a reverse chain that all fulfil', '/Patient?_has:Observation:patient:date=ge1900&_total=accurate'),
  search(
    'a chain by one letter, in order of value',
    '/Observation?patient.name:contains=e&_total=accurate&_sort=-value-quantity',
  ),
  search(
    'a chain to doctors and back',
    '/Observation?subject:Patient.general-practitioner:Practitioner.name:contains=e&_total=accurate&_sort=value-quantity',
  ),
  search('200 values', `/Observation?code=${codes(200)}&_total=accurate&_sort=-date`),
  search(
    '200 values that it is not',
    `/Observation?code:not=${codes(200)}&_total=accurate&_sort=value-quantity,date,code`,
  ),
  search('201 values', `/Observation?code=${codes(201)}`, /1 to 200 values/),
  search('20 pairs', `/Observation?code-value-quantity=${pairs(20)}&_total=accurate&_sort=-date`),
  search(
    '20 pairs, twice',
    `/Observation?${repeated(`combo-code-value-quantity=${pairs(20)}`, 2)}&_total=accurate`,
  ),
  search('200 pairs', `/Observation?code-value-quantity=${pairs(200)}`, /1 to 20 values/),
  search(
    'every day of a century',
    '/Observation?date=ge1900&date=le2100&_total=accurate&_sort=-value-quantity',
  ),
  search(
    '50 conditions',
    `/Observation?${repeated('status=final', 47)}&_total=accurate&_sort=-date&_count=200`,
  ),
  search('51 parameters', `/Observation?${repeated('status=final', 51)}`, /at most 50 parameters/),
  search(
    'includes of includes',
    '/Patient?_count=200&_revinclude:iterate=Observation:subject&_include:iterate=Observation:has-member',
    /more than 1000 resources/,
  ),
  search('what has no value', '/Observation?value-quantity:missing=true&_total=accurate'),
];
