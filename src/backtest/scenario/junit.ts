import type { Checked } from './check.ts';

/** Characters XML 1.0 cannot hold, not even escaped (section 2.2). */
const NOT_IN_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const ESCAPES: { readonly [char: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

/** A JUnit report, as CI systems read it: a suite a file, a case a scenario. */
export function junitText(checked: readonly Checked[]): string {
  const files = [...new Set(checked.map(({ file }) => file))];
  const suites = files.map((file) =>
    suite(
      file,
      checked.filter((it) => it.file === file),
    ),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="signalbox" ${totals(checked)}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(file: string, checked: readonly Checked[]): string {
  const cases = checked.map((it) => testCase(it));
  return [`  <testsuite name="${attribute(file)}" ${totals(checked)}>`, ...cases, '  </testsuite>'].join('\n');
}

function testCase({ name, file, line, trigger, differences, story, tookMs }: Checked): string {
  const head = `    <testcase name="${attribute(name)}" classname="${attribute(trigger)}" file="${attribute(file)}" line="${line}" time="${seconds(tookMs)}"`;
  const [first] = differences;
  if (first === undefined) return `${head}/>`;
  const text = [...differences.map((it) => it.text), '', 'What happened:', ...story].join('\n');
  return `${head}>\n      <failure message="${attribute(first.text)}">${content(text)}</failure>\n    </testcase>`;
}

function totals(checked: readonly Checked[]): string {
  const failures = checked.filter(({ differences }) => differences.length > 0).length;
  const time = seconds(checked.reduce((sum, { tookMs }) => sum + tookMs, 0));
  return `tests="${checked.length}" failures="${failures}" errors="0" time="${time}"`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

function attribute(text: string): string {
  return text.replaceAll(NOT_IN_XML, '\uFFFD').replaceAll(/[&<>"\n\r\t]/g, (char) => ESCAPES[char] ?? char);
}

function content(text: string): string {
  return text.replaceAll(NOT_IN_XML, '\uFFFD').replaceAll(/[&<>\r]/g, (char) => ESCAPES[char] ?? char);
}
