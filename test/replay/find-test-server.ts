import { readSettings } from '../../src/settings.ts';
import { findTestServer } from '../../src/temporal/embedded/test-server.ts';

/** The executable of the time-skipping server, for programs that run outside the test runner. */
export async function testServerPath(): Promise<string> {
  const read = readSettings();
  if (!read.ok) throw new Error(read.findings.map(({ message }) => message).join('\n'));
  const { cacheDirectory, testServerBin } = read.settings;
  const report = (line: string) => process.stderr.write(`${line}\n`);
  const found = await findTestServer({ cacheDirectory, report, ...(testServerBin && { bin: testServerBin }) });
  if (!found.ok) throw new Error(`${found.message}\n${found.remedy}`);
  return found.path;
}
