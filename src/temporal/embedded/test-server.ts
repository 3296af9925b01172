import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { setupFailure } from './outcome.ts';
import type { SetupFailure } from './outcome.ts';
import { downloadSdkServer, findSdkServer, isExecutable } from './sdk-download.ts';
import type { BinaryOptions, FoundBinary } from './server-binary.ts';

/** The time-skipping server of the Java SDK that its Maven artefact brings. */
const TEST_SERVER_VERSION = '1.38.0';
const MAVEN_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const MAVEN_TIMEOUT_MS = 300_000;

/**
 * `exec` matters: the SDK stops its server by killing the process it started. The two JVM options halve its start,
 * which the SDK gives five seconds.
 */
const SCRIPT = `#!/bin/sh
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;

/** A project that only depends on the test server: Maven copies no dependencies without one. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>signalbox</groupId><artifactId>test-server</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId>
      <version>${TEST_SERVER_VERSION}</version><scope>runtime</scope>
    </dependency>
  </dependencies>
</project>
`;

/**
 * Finds or makes the time-skipping test server: named by SIGNALBOX_TEST_SERVER_BIN → downloaded by the SDK → Maven jars
 * behind a script. The path is an executable that takes a port, as the SDK's `existing-path` wants it.
 */
export async function findTestServer(options: BinaryOptions): Promise<FoundBinary | SetupFailure> {
  const { cacheDirectory, bin, report, signal } = options;
  if (bin !== undefined) {
    if (isExecutable(bin)) return { ok: true, path: bin, origin: 'SIGNALBOX_TEST_SERVER_BIN' };
    return setupFailure(
      `SIGNALBOX_TEST_SERVER_BIN is ${bin}, which is no executable file`,
      'Point it at a temporal-test-server executable, or unset it.',
    );
  }
  const downloads = join(cacheDirectory, 'sdk');
  const downloaded = findSdkServer('temporal-test-server', downloads);
  if (downloaded !== undefined) return { ok: true, path: downloaded, origin: "the SDK's download" };
  const home = join(cacheDirectory, `temporal-test-server-${TEST_SERVER_VERSION}`);
  const jars = { ok: true, path: join(home, 'temporal-test-server'), origin: `Maven ${TEST_SERVER_VERSION}` } as const;
  if (isExecutable(jars.path)) return jars;

  report('Downloading the time-skipping test server (once)');
  const download = await downloadSdkServer('temporal-test-server', downloads, signal);
  if (download.ok) return { ok: true, path: download.path, origin: "the SDK's download" };
  report(`The download did not work: ${download.reason}`);
  report('Fetching its jars with Maven (once)');
  const failure = (await failureOf('java', ['-version'], signal)) ?? (await fetchJars(cacheDirectory, home, signal));
  return failure === undefined ? jars : notFound(download.reason, failure);
}

/** Copies the jars into a scratch directory that becomes `home` in one step. */
async function fetchJars(cacheDirectory: string, home: string, signal?: AbortSignal): Promise<string | undefined> {
  mkdirSync(cacheDirectory, { recursive: true });
  const scratch = mkdtempSync(join(cacheDirectory, 'jars-'));
  try {
    writeFileSync(join(scratch, 'pom.xml'), POM);
    writeFileSync(join(scratch, 'temporal-test-server'), SCRIPT, { mode: 0o755 });
    const args = ['-q', '-B', '-f', join(scratch, 'pom.xml'), MAVEN_GOAL, '-DincludeScope=runtime'];
    const failure = await failureOf('mvn', [...args, `-DoutputDirectory=${join(scratch, 'lib')}`], signal);
    if (failure !== undefined) return failure;
    // Another process may have been faster: its jars are the same.
    if (!existsSync(home)) renameSync(scratch, home);
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs a program; its last words when it fails, undefined when it does not. */
async function failureOf(program: string, args: readonly string[], signal?: AbortSignal): Promise<string | undefined> {
  const options = { timeout: MAVEN_TIMEOUT_MS, ...(signal && { signal }) };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout) => {
      if (error === null) resolve(undefined);
      else if (error.code === 'ENOENT') resolve(`there is no ${program}`);
      else resolve(`${program}: ${stdout.trim().split('\n')[0] || error.message}`);
    });
  });
}

function notFound(download: string, failure: string): SetupFailure {
  return setupFailure(
    `There is no time-skipping test server to use: the download failed (${download}); ${failure}`,
    'Do one of: set SIGNALBOX_TEST_SERVER_BIN to a temporal-test-server executable; allow the download from ' +
      'temporal.download; install java (8 or newer) and mvn with access to a Maven repository.',
  );
}
