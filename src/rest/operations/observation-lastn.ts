// Observation/$lastn: https://hl7.org/fhir/R4/observation-operation-lastn.html
import { FhirError, invalid } from '../../fhir/error.ts';
import { lastObservations } from '../../workflows/resources/last-observations.ts';
import { fhirJson } from '../answer.ts';
import type { AnsweringOperation } from '../operation.ts';
import type { QueryPairs } from '../rest-system.ts';
import { addEntry, searchsetAround } from '../searchset.ts';
import { askedPart } from '../shape.ts';
import { parameterReader } from './parameter-reader.ts';

/** Search parameters of Observation that say which are looked at. */
const criteria = ['patient', 'subject', 'category', 'code', 'date', 'status', 'encounter'] as const;

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
    const pairs: QueryPairs = criteria.flatMap((name) =>
      given.references(name).map(({ value }) => [name, value] as const),
    );
    const { query, ignored } = http.system.parseSearch('Observation', pairs, http.base);
    if (ignored.length > 0) {
      throw new FhirError(
        400,
        ignored.map((issue) => ({ ...issue, severity: 'error' as const })),
      );
    }
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
