// Observation/$lastn: https://hl7.org/fhir/R4/observation-operation-lastn.html
import { FhirError, invalid } from '../../fhir/error.ts';
import type { SearchQuery } from '../../fhir/search-query.ts';
import { lastObservations } from '../../workflows/resources/last-observations.ts';
import { fhirJson } from '../answer.ts';
import type { AnsweringOperation } from '../operation.ts';
import type { QueryPairs } from '../rest-system.ts';
import { addEntry, searchsetAround } from '../searchset.ts';
import { askedPart } from '../shape.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

/** Search parameters of Observation that say whose and which are looked at. */
const people = ['patient', 'subject'] as const;
const criteria = [...people, 'category', 'code', 'date', 'status', 'encounter'] as const;

const mostOfEach = 100;

export const observationLastn: AnsweringOperation = {
  name: 'lastn',
  resourceType: 'Observation',
  levels: ['type'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/observation-lastn',
  async answer({ context, http, parameters }) {
    const given = parameterReader(parameters, ['max', ...criteria]);
    const { shape, understood } = askedPart(http.system, 'Observation', http.query);
    const max = given.integer('max') ?? 1;
    if (max < 1 || max > mostOfEach) {
      throw invalid(`"max" is a whole number from 1 to ${mostOfEach}`, given.expression);
    }
    if (!given.has('patient') && !given.has('subject')) {
      throw invalid('"patient" or "subject" is needed: whose observations', given.expression);
    }
    if (!given.has('category') && !given.has('code')) {
      throw invalid('"category" or "code" is needed: which observations', given.expression);
    }
    const { query, ignored } = http.system.parseSearch('Observation', pairsOf(given), http.base);
    if (ignored.length > 0) {
      throw new FhirError(
        400,
        ignored.map((issue) => ({ ...issue, severity: 'error' as const })),
      );
    }
    demandOnePerson(query, given);
    const found = await lastObservations(context, query, max);
    const asked = [`max=${max}`, query.understood, understood].filter((part) => part !== '').join('&');
    const self = `${http.base}/Observation/$lastn?${asked}`;
    const entries: string[] = [];
    for (const version of found) addEntry(entries, http.base, version, 'match', shape);
    return {
      status: 200,
      headers: { 'Content-Type': fhirJson },
      body: searchsetAround([{ relation: 'self', url: self }], entries, found.length),
    };
  },
};

function pairsOf(given: ParameterReader): QueryPairs {
  const pairs = (name: string, values: readonly { readonly value: string }[]) =>
    values.map(({ value }) => [name, value] as const);
  return criteria.flatMap((name) => {
    switch (name) {
      case 'patient':
      case 'subject':
      case 'encounter':
        return pairs(
          name,
          [given.reference(name)].flatMap((each) => each ?? []),
        );
      case 'date':
        return pairs(name, given.texts(name));
      default:
        return pairs(name, given.tokens(name));
    }
  });
}

/** The newest of several people would be those of whoever was seen last. */
function demandOnePerson({ filters }: SearchQuery, given: ParameterReader): void {
  for (const name of people) {
    const isOfSeveral = filters.some(
      ({ parameter, test }) => parameter === name && test.kind === 'reference' && test.values.length > 1,
    );
    if (isOfSeveral) throw invalid(`"${name}" names one person: ask about each by itself`, given.expression);
  }
}
