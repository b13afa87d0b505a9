// npm run demo: a running service with invented people on a database of its own, which is made anew each time.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenStore } from '../auth/token-store.ts';
import { systemClock } from '../runtime/clock.ts';
import { timeOrderedIds } from '../runtime/ids.ts';
import { randomSecrets } from '../runtime/secrets.ts';
import { createToken } from '../workflows/manage-tokens.ts';
import { speakers } from './speakers.ts';
import { playStory } from './story.ts';
import { type Speaker, storyClient, tokenVariables } from './story-client.ts';

export interface Demo {
  /** The folder of the demo's own database. */
  readonly dataDir: string;
  /** Makes the speakers' tokens, plays the story against `url`, and prints both. */
  play(url: string, tokens: TokenStore, print: (text: string) => void): Promise<void>;
}

/** Empties the folder "demo" in the one given, and nothing else. */
export function prepareDemo(parentDir: string): Demo {
  const dataDir = join(parentDir, 'demo');
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  return {
    dataDir,
    async play(url, tokens, print) {
      const line = (text: string) => print(`${text}\n`);
      const made = await tokensOfSpeakers(tokens);
      line(`Alongside runs at ${url}/fhir with invented people. To repeat the calls, set these first:\n`);
      line(`export BASE=${url}`);
      for (const [speaker, variable] of Object.entries(tokenVariables)) {
        line(`export ${variable}=${made[speaker as Speaker]}`);
      }
      await playStory(storyClient({ baseUrl: url, tokens: made, print: line, keep: keepIn(dataDir) }));
      line(`\nThe service goes on running. Stop it with Ctrl-C. What it may do: ${url}/fhir/metadata`);
    },
  };
}

/** Numbers the bodies in the order in which they are sent. */
function keepIn(folder: string): (body: string) => string {
  let count = 0;
  return (body) => {
    count += 1;
    const file = join(folder, `body-${count}.json`);
    writeFileSync(file, `${body}\n`);
    return file;
  };
}

export async function tokensOfSpeakers(tokens: TokenStore): Promise<Record<Speaker, string>> {
  const tools = { tokens, clock: systemClock, newId: timeOrderedIds(systemClock), newSecret: randomSecrets };
  const make = async (speaker: Speaker): Promise<string> => {
    const made = await createToken(tools, { ...speakers[speaker], name: `demo: ${speaker}` });
    if (made.kind === 'refused') throw new Error(`demo token refused: ${made.faults.join(' ')}`);
    return made.token;
  };
  return {
    gpSystem: await make('gpSystem'),
    gp: await make('gp'),
    therapist: await make('therapist'),
    patient: await make('patient'),
  };
}
