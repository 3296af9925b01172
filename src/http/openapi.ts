import { z } from 'zod';

import type { GoodAnswer, Route } from './route.ts';
import { problem } from './shapes/operations.ts';

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
      schemas: { Problem: schemaOf(problem, 'output') },
      responses: {
        Problem: {
          description: 'What went wrong, and what to do.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

function operationOf(route: Route): object {
  const { operationId, summary, answers, open, authenticate } = route;
  const good = Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]);
  const parameters = parametersOf(route);
  const requestBody = requestBodyOf(route);
  return {
    operationId,
    summary,
    ...(open ? { security: [] } : {}),
    ...(authenticate ? { security: [{ sourceBearer: [] }] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestBody ? { requestBody } : {}),
    responses: { ...Object.fromEntries(good), default: { $ref: '#/components/responses/Problem' } },
  };
}

function parametersOf({ path, query, headers = {} }: Route): readonly object[] {
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  return [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => {
      return { name, in: 'query', required: false, schema: schemaOf(schema, 'input') };
    }),
    ...Object.entries(headers).map(([name, description]) => {
      return { name, in: 'header', required: false, description, schema: { type: 'string' } };
    }),
  ];
}

function requestBodyOf({ accepts = [], body }: Route): object | undefined {
  const content = accepts.map((type) => [type, {}] as const);
  const json = body ? [['application/json', { schema: schemaOf(body, 'input') }] as const] : [];
  const types = new Map<string, object>([...content, ...json]);
  return types.size === 0 ? undefined : { content: Object.fromEntries(types) };
}

function responseOf(answer: GoodAnswer | string): object {
  if (typeof answer === 'string') return { description: answer };
  const { description, body } = answer;
  return {
    description,
    ...(body && { content: { 'application/json': { schema: schemaOf(body, 'output') } } }),
  };
}

/** JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. Answers may get members, so they are open. */
function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'object' && io === 'output') delete jsonSchema.additionalProperties;
    },
  });
  return json;
}
