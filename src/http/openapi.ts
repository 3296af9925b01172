import type { Route } from './route.ts';

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'remedy', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable; listed in docs/errors.md.' },
    remedy: { type: 'string' },
    retryable: { type: 'boolean' },
    requestId: { type: 'string' },
    violations: {
      type: 'array',
      items: { type: 'object', properties: { pointer: { type: 'string' }, message: { type: 'string' } } },
    },
  },
} as const;

/** The OpenAPI 3.1 document of a table of routes. */
export function openApiOf(routes: readonly Route[], version: string): object {
  const paths: { [path: string]: { [method: string]: object } } = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Signalbox', version },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'SIGNALBOX_TOKEN, where set.' },
        sourceBearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'The bearer of the Source, or SIGNALBOX_TOKEN for a Source without auth.',
        },
      },
      schemas: { Problem: PROBLEM },
      responses: {
        Problem: {
          description: 'What went wrong, and what to do.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

function operationOf({ operationId, summary, path, accepts, answers, open, authenticate }: Route): object {
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const good = Object.entries(answers).map(([status, description]) => [status, { description }]);
  const parameters = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  return {
    operationId,
    summary,
    ...(open ? { security: [] } : {}),
    ...(authenticate ? { security: [{ sourceBearer: [] }] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(accepts ? { requestBody: { content: Object.fromEntries(accepts.map((type) => [type, {}])) } } : {}),
    responses: { ...Object.fromEntries(good), default: { $ref: '#/components/responses/Problem' } },
  };
}
