// Questionnaire/$populate and Questionnaire/[id]/$populate: https://hl7.org/fhir/uv/sdc/OperationDefinition-Questionnaire-populate.html
import type { ParametersParameter } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import type { GivenContext } from '../../workflows/answers/launch-contexts.ts';
import type { QuestionnaireName } from '../../workflows/answers/load-questionnaire.ts';
import { populateQuestionnaire } from '../../workflows/answers/populate-questionnaire.ts';
import type { Operation, OperationRequest } from '../operation.ts';
import { issuesParameter } from './issues-parameter.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

/** `questionnaire` and `questionnaireRef` are what later and earlier editions of the guide call a reference to it. */
const referenceNames = ['canonical', 'questionnaire', 'questionnaireRef'] as const;

const names = [...referenceNames, 'identifier', 'subject', 'context', 'local'] as const;

export const questionnairePopulate: Operation = {
  name: 'populate',
  resourceType: 'Questionnaire',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/questionnaire-populate',
  async handle(request) {
    const given = parameterReader(request.parameters, names);
    const subject = given.reference('subject');
    if (!subject) {
      throw invalid('"subject" is needed: the patient, such as "Patient/x"', 'Parameters.parameter');
    }
    const { response, issues } = await populateQuestionnaire(request.context, {
      questionnaire: questionnaireName(request, given),
      subject,
      contexts: contextsOf(request, given),
      isLocal: given.flag('local') ?? true,
    });
    return {
      status: 200,
      resource: {
        resourceType: 'Parameters',
        parameter: [{ name: 'response', resource: response }, ...issuesParameter(issues)],
      },
    };
  },
};

/** Named once: by the address, or by exactly one parameter. */
function questionnaireName(request: OperationRequest, given: ParameterReader): QuestionnaireName {
  const entries = placed(request);
  const inline = entries.find(({ entry }) => entry.name === 'questionnaire' && entry.resource);
  if (inline) {
    throw invalid(
      'name a Questionnaire that is stored here; one inside the request is not filled',
      inline.expression,
    );
  }
  const identifiers = entries.filter(({ entry }) => entry.name === 'identifier').map(identifierOf);
  const references = referenceNames.flatMap((name) => given.references(name));
  const named = [...references.map(referenceName), ...identifiers];
  const [first, second] = named;
  if (request.id !== undefined) {
    if (first) throw invalid('the Questionnaire is already named by the address', first.expression);
    return { kind: 'id', id: request.id };
  }
  if (!first) {
    throw invalid(
      '"canonical" is needed: the url of the Questionnaire, with or without |version',
      'Parameters.parameter',
    );
  }
  if (second) throw invalid('name the Questionnaire once', second.expression);
  return first;
}

function referenceName({
  value,
  expression,
}: {
  readonly value: string;
  readonly expression: string;
}): QuestionnaireName {
  const id = /^Questionnaire\/([A-Za-z0-9\-.]{1,64})$/.exec(value)?.[1];
  return id ? { kind: 'id', id, expression } : { kind: 'canonical', canonical: value, expression };
}

/** An Identifier, or "system|value" in a query string. */
function identifierOf({ entry, expression }: Placed): QuestionnaireName {
  const { valueIdentifier, valueString } = entry;
  const bar = valueString?.lastIndexOf('|') ?? -1;
  const system = valueIdentifier?.system ?? (bar < 0 ? undefined : valueString?.slice(0, bar));
  const value = valueIdentifier?.value ?? valueString?.slice(bar + 1);
  if (!value) throw invalid('"identifier" is an Identifier with a value, or "system|value"', expression);
  return { kind: 'identifier', value, ...(system && { system }), expression };
}

interface Placed {
  readonly entry: ParametersParameter;
  readonly expression: string;
}

function placed(request: OperationRequest): readonly Placed[] {
  return (request.parameters.parameter ?? []).map((entry, index) => ({
    entry,
    expression: `Parameters.parameter[${index}]`,
  }));
}

/** Each content is a reference, or the resource itself. */
function contextsOf(request: OperationRequest, given: ParameterReader): readonly GivenContext[] {
  const groups = given.groups('context', ['name', 'content']);
  const entries = placed(request).filter(({ entry }) => entry.name === 'context');
  return groups.flatMap((group, index) => {
    const name = group.text('name');
    const parts = entries[index]?.entry.part ?? [];
    const contents = parts.flatMap((part, at) =>
      part.name === 'content' ? { part, expression: `${group.expression}.part[${at}]` } : [],
    );
    if (!name || contents.length === 0) {
      throw invalid('"context" needs the parts "name" and "content"', group.expression);
    }
    return contents.map(({ part, expression }) => ({ name, content: contentOf(part, expression) }));
  });
}

function contentOf(
  { resource, valueReference }: ParametersParameter,
  expression: string,
): GivenContext['content'] {
  if (resource) return { resource, expression };
  const value = valueReference?.reference;
  if (!value) throw invalid('"content" is a Reference or a resource', expression);
  return { value, expression };
}
