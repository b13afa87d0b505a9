// Reads the words after "token" on the command line. Pure: it decides nothing and touches nothing.
import { parseArgs } from 'node:util';
import { isRole, roles, type TokenRequest } from '../auth/token-request.ts';

export type TokenCommand =
  | { readonly kind: 'create'; readonly request: TokenRequest }
  | { readonly kind: 'list' }
  | { readonly kind: 'revoke'; readonly id: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

export const tokenUsage = `Usage:
  token create --role <${roles.join('|')}> [--subject <reference>] [--scope <scope>]...
               [--name <words>] [--expires-in-days <days>]
  token list
  token revoke <id>

  --subject   whose token it is: Practitioner/<id> or PractitionerRole/<id> for a gp or therapist, Patient/<id> for a patient
  --scope     what an integrator may do, such as system/Observation.rs or system/*.cruds; repeat for more

The token is printed once, alone, on standard output. Only its SHA-256 is kept.
`;

const wrong = (message: string): TokenCommand => ({ kind: 'wrong', message });

export function parseTokenCommand(words: readonly string[]): TokenCommand {
  const [verb, ...rest] = words;
  if (words.includes('--help') || words.includes('-h') || verb === undefined || verb === 'help') {
    return { kind: 'help' };
  }
  switch (verb) {
    case 'create':
      return parseCreate(rest);
    case 'list':
      return rest.length === 0 ? { kind: 'list' } : wrong('token list takes no arguments.');
    case 'revoke': {
      const [id] = rest;
      return id !== undefined && rest.length === 1
        ? { kind: 'revoke', id }
        : wrong('token revoke takes one token id, as token list shows it.');
    }
    default:
      return wrong(`token ${verb} is not known: use create, list or revoke.`);
  }
}

function parseCreate(words: readonly string[]): TokenCommand {
  const read = readOptions(words);
  if (typeof read === 'string') return wrong(read);
  const { role, subject, scope, name, 'expires-in-days': days } = read;
  if (role === undefined || !isRole(role)) {
    return wrong(
      `--role must be one of ${roles.join(', ')}${role === undefined ? '' : `; this is "${role}"`}.`,
    );
  }
  return {
    kind: 'create',
    request: {
      role,
      scopes: scope ?? [],
      ...(subject !== undefined && { subject }),
      ...(name !== undefined && { name }),
      // What is no number becomes NaN, which the rules of a token request refuse in words.
      ...(days !== undefined && { expiresInDays: /^\d+$/.test(days) ? Number(days) : Number.NaN }),
    },
  };
}

function readOptions(words: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        role: { type: 'string' },
        subject: { type: 'string' },
        scope: { type: 'string', multiple: true },
        name: { type: 'string' },
        'expires-in-days': { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    const fault = faultOfWords(error);
    if (fault === undefined) throw error;
    return fault;
  }
}

/** parseArgs says by an error code that the words are wrong; its message names the option that is unknown or lacks its value. */
function faultOfWords(error: unknown): string | undefined {
  const { code, message }: { code?: unknown; message?: unknown } =
    typeof error === 'object' && error ? error : {};
  const isAboutWords = typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS_');
  return isAboutWords && typeof message === 'string' ? message : undefined;
}
