import type { Json } from './json.ts';

/**
 * A CloudEvent 1.0 as JSON: context attributes and extensions as top-level members, `data` whole. `data_base64` stands
 * in for data that is not JSON or text.
 */
export type CloudEvent = {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data?: Json;
  readonly data_base64?: string;
  readonly [extension: string]: Json | undefined;
};

/** Extension attributes of an exported event: when it arrived first (RFC 3339), and the Source it came in through. */
export const RECEIVED_AT_ATTRIBUTE = 'signalboxreceivedat';
export const SOURCE_ATTRIBUTE = 'signalboxsource';
