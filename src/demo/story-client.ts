// Makes the calls of the story over HTTP and prints each one as a curl command that can be repeated.
import type { Resource } from '@medplum/fhirtypes';

export type Speaker = 'gpSystem' | 'gp' | 'therapist' | 'patient';

interface StoryCall {
  readonly as: Speaker;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the service's address, such as "/fhir/Patient/x". */
  readonly path: string;
  readonly body?: Resource;
  /** The file that holds the body, when there is one, so that the curl command stays short. */
  readonly file?: string;
  readonly ifMatch?: string;
  /** The status that the story needs; anything else ends it. */
  readonly expect: number;
}

interface StoryAnswer {
  readonly resource: Resource;
  /** The version in the ETag, bare. */
  readonly versionId: string | undefined;
}

export interface StoryClient {
  heading(text: string): void;
  say(text: string): void;
  send(call: StoryCall): Promise<StoryAnswer>;
}

export interface StoryOptions {
  readonly baseUrl: string;
  readonly tokens: Readonly<Record<Speaker, string>>;
  readonly print: (line: string) => void;
  /** Keeps a body that is too long to be printed and returns the file that holds it. */
  readonly keep: (body: string) => string;
}

/** Throws when an answer has another status than the story expects, with what was answered. */
export function storyClient({ baseUrl, tokens, print, keep }: StoryOptions): StoryClient {
  return {
    heading: (text) => print(`\n== ${text}`),
    say: (text) => print(`   ${text}`),
    async send(call) {
      print(`   ${curlOf(call, keep)}`);
      const answer = await fetch(`${baseUrl}${call.path}`, {
        method: call.method,
        headers: {
          authorization: `Bearer ${tokens[call.as]}`,
          ...(call.body && { 'content-type': 'application/fhir+json' }),
          ...(call.ifMatch && { 'if-match': `W/"${call.ifMatch}"` }),
        },
        ...(call.body && { body: JSON.stringify(call.body) }),
      });
      const text = await answer.text();
      if (answer.status !== call.expect) {
        throw new Error(`${call.method} ${call.path} answered ${answer.status}, not ${call.expect}: ${text}`);
      }
      print(`   -> ${answer.status}`);
      const etag = answer.headers.get('etag');
      return { resource: JSON.parse(text) as Resource, versionId: etag?.replace(/^W\/"|"$/g, '') };
    },
  };
}

/** The shell variable that holds the token of each speaker. */
export const tokenVariables = {
  gpSystem: 'GP_SYSTEM',
  gp: 'GP',
  therapist: 'THERAPIST',
  patient: 'PATIENT',
} as const satisfies Record<Speaker, string>;

const longestInline = 400;

function curlOf(call: StoryCall, keep: (body: string) => string): string {
  const parts = ['curl -s'];
  if (call.method === 'PUT') parts.push('-X PUT');
  parts.push(`-H "Authorization: Bearer $${tokenVariables[call.as]}"`);
  if (call.ifMatch) parts.push(`-H 'If-Match: W/"${call.ifMatch}"'`);
  if (call.body) {
    const body = JSON.stringify(call.body);
    const file = call.file ?? (body.length > longestInline ? keep(body) : undefined);
    const data = file === undefined ? `'${body.replaceAll("'", `'\\''`)}'` : `@${file}`;
    parts.push(`-H 'Content-Type: application/fhir+json' -d ${data}`);
  }
  parts.push(`"$BASE${call.path.replaceAll('$', '\\$')}"`);
  return parts.join(' ');
}
