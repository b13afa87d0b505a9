// Asks the terminology operations of a running service, and stores what they are asked about.
import type {
  CodeSystem,
  ConceptMap,
  OperationOutcomeIssue,
  ParametersParameter,
  Resource,
  ValueSet,
  ValueSetExpansion,
} from '@medplum/fhirtypes';
import request from 'supertest';
import type { TestService } from './test-system.ts';

export interface TermsHeard {
  readonly status: number;
  readonly parameter: readonly ParametersParameter[];
  readonly expansion: ValueSetExpansion;
  readonly compose: ValueSet['compose'];
  readonly issue: readonly OperationOutcomeIssue[];
}

export interface TermsOverHttp {
  /** Each must be new, and valid. */
  store(resources: readonly (CodeSystem | ValueSet | ConceptMap)[]): Promise<void>;
  /** `address` is what follows the base. */
  get(address: string, bearer?: string): Promise<TermsHeard>;
  post(address: string, parameter: readonly ParametersParameter[]): Promise<TermsHeard>;
}

export function termsOverHttp(service: TestService): TermsOverHttp {
  const system = () => service.bearer('system');
  const heard = (answer: { readonly body: unknown; readonly status: number }): TermsHeard => {
    expect(service.problemsOf(answer.body as Resource)).toEqual([]);
    return { ...(answer.body as TermsHeard), status: answer.status };
  };
  return {
    async store(resources) {
      for (const resource of resources) {
        const answer = await request(service.url)
          .put(`/fhir/${resource.resourceType}/${resource.id}`)
          .set('Authorization', system())
          .set('Content-Type', 'application/fhir+json')
          .send(JSON.stringify(resource));
        expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
      }
    },
    async get(address, bearer = system()) {
      return heard(await request(service.url).get(`/fhir/${address}`).set('Authorization', bearer));
    },
    async post(address, parameter) {
      const answer = await request(service.url)
        .post(`/fhir/${address}`)
        .set('Authorization', system())
        .set('Content-Type', 'application/fhir+json')
        .send(JSON.stringify({ resourceType: 'Parameters', parameter }));
      return heard(answer);
    },
  };
}

/** The value of an answer's parameter of this name. */
export function valueNamed({ parameter }: TermsHeard, name: string): boolean | string | undefined {
  const found = parameter.find((each) => each.name === name);
  return found?.valueBoolean ?? found?.valueString ?? found?.valueCode;
}

export const codesListed = ({ expansion }: TermsHeard) => (expansion.contains ?? []).map(({ code }) => code);
