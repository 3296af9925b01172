import { z } from 'zod';

/** Longest `when` or `${{ }}` source, in bytes: room for any readable condition, small enough to check on every load. */
const EXPRESSION_MAX_BYTES = 2_048;

const withinBytes = (text: string): boolean => new TextEncoder().encode(text).length <= EXPRESSION_MAX_BYTES;

const sourceText = z
  .string()
  .min(1)
  .max(EXPRESSION_MAX_BYTES)
  .refine(withinBytes, { abort: true, message: `longer than ${EXPRESSION_MAX_BYTES} bytes of UTF-8` });

/** Any JSON value. */
export const json = z.json().meta({ id: 'Json', description: 'Any JSON value.' });

/** Bare CEL without `${{ }}`. */
export const bareCel = sourceText.meta({ examples: ['event.data.rows > 1000'] });

/** `${{ CEL }}` or text with `${{ }}` in it. */
export const template = sourceText.meta({
  id: 'Template',
  description: 'Text with ${{ CEL }} in it; alone in the string the expression keeps its type.',
  examples: ['${{ event.data.object.key }}'],
});

/** A template, or one with a value that stands in where its evaluation fails. */
export const valueTemplate = z
  .union([
    template,
    z.strictObject({
      $value: template.describe('The template to evaluate.'),
      $default: json.describe('What it becomes where evaluation fails.'),
    }),
  ])
  .meta({ id: 'ValueTemplate' });
