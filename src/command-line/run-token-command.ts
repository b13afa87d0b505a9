// Does what a token command says and returns what to print. A new token goes alone to standard output, so that a script can catch it; words about it to standard error.
import type { TokenRecord } from '../auth/token-store.ts';
import { createToken, listTokens, revokeToken, type TokenTools } from '../workflows/manage-tokens.ts';
import { parseTokenCommand, tokenUsage } from './parse-token-command.ts';

export interface CommandAnswer {
  readonly stdout: string;
  readonly stderr: string;
  /** 0 done, 1 not done, 2 not understood. */
  readonly exitCode: 0 | 1 | 2;
}

/** `words` are those after "token". */
export async function runTokenCommand(words: readonly string[], tools: TokenTools): Promise<CommandAnswer> {
  const command = parseTokenCommand(words);
  switch (command.kind) {
    case 'help':
      return { stdout: '', stderr: tokenUsage, exitCode: 0 };
    case 'wrong':
      return { stdout: '', stderr: `${command.message}\n\n${tokenUsage}`, exitCode: 2 };
    case 'list': {
      const records = await listTokens(tools);
      const now = tools.clock.now().toISOString();
      return { stdout: tableOf(records, now), stderr: '', exitCode: 0 };
    }
    case 'revoke': {
      const result = await revokeToken(tools, command.id);
      const exitCode = result === 'missing' ? 1 : 0;
      return { stdout: '', stderr: `${revokeWords[result](command.id)}\n`, exitCode };
    }
    case 'create': {
      const result = await createToken(tools, command.request);
      if (result.kind === 'refused') {
        return { stdout: '', stderr: `${result.faults.join('\n')}\n`, exitCode: 2 };
      }
      const { record, token } = result;
      return {
        stdout: `${token}\n`,
        stderr: `Token ${record.id} for ${whoOf(record)}, ${endOf(record)}. It is shown once: keep it now.\n`,
        exitCode: 0,
      };
    }
  }
}

const revokeWords = {
  revoked: (id: string) => `Token ${id} is revoked.`,
  'already-revoked': (id: string) => `Token ${id} was revoked before.`,
  missing: (id: string) => `There is no token ${id}: see token list.`,
};

function whoOf(record: TokenRecord): string {
  return [record.role, record.subject, ...record.scopes].filter((word) => word !== undefined).join(' ');
}

function endOf(record: TokenRecord): string {
  return record.expiresAt === undefined ? 'without an end date' : `until ${record.expiresAt}`;
}

function stateOf(record: TokenRecord, now: string): string {
  if (record.revokedAt !== undefined) return `revoked ${record.revokedAt}`;
  return record.expiresAt !== undefined && record.expiresAt <= now
    ? `expired ${record.expiresAt}`
    : endOf(record);
}

function tableOf(records: readonly TokenRecord[], now: string): string {
  if (records.length === 0) return 'There are no tokens yet.\n';
  return records
    .map((record) => `${[record.id, whoOf(record), record.name ?? '-', stateOf(record, now)].join('\t')}\n`)
    .join('');
}
