/** An IP address as a number of 32 or 128 bits. */
export type IpAddress = { readonly bits: 32 | 128; readonly value: bigint };

/** A block of addresses, both ends included. */
export type IpBlock = { readonly bits: 32 | 128; readonly first: bigint; readonly last: bigint };

/** Longest dotted form that is read as an address; longer ones are text, as in the reference implementation. */
const IPV4_MAX_CHARS = 15;

/** Groups of an IPv6 address. */
const IPV6_GROUPS = 8;

/** The upper 96 bits of an IPv4 address written as IPv6 (RFC 4291 2.5.5.2). */
const MAPPED_PREFIX = 0xffffn;

/**
 * Reads an address literal: dotted decimal (leading zeros allowed), or IPv6 in hexadecimal groups. An IPv4-mapped IPv6
 * address is the IPv4 address. Undefined when the text is not an address.
 */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/**
 * Reads `address/prefix`. EventBridge allows prefixes 0..31 for IPv4 and 0..127 for IPv6. Bits of the address below the
 * prefix are ignored. Returns a message when the text is not a block.
 */
export function parseCidr(text: string): IpBlock | { readonly message: string } {
  const [address = '', prefix, ...more] = text.split('/');
  if (prefix === undefined || more.length > 0) return { message: 'a CIDR block is written address/prefix' };
  const ip = parseIp(address);
  if (ip === undefined) return { message: `${JSON.stringify(address)} is not an IP address` };
  const prefixBits = /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (prefixBits < 0 || prefixBits >= ip.bits) {
    return { message: `the prefix must be 0 to ${ip.bits - 1}; for one address write the address itself` };
  }
  const hostMask = (1n << BigInt(ip.bits - prefixBits)) - 1n;
  return { bits: ip.bits, first: ip.value & ~hostMask, last: ip.value | hostMask };
}

/** Whether the address lies in the block; addresses of the other family never do. */
export function inBlock(ip: IpAddress, block: IpBlock): boolean {
  return ip.bits === block.bits && ip.value >= block.first && ip.value <= block.last;
}

function parseIpv4(text: string): IpAddress | undefined {
  if (text.length > IPV4_MAX_CHARS || !/^[0-9]+(\.[0-9]+){3}$/.test(text)) return undefined;
  let value = 0n;
  for (const part of text.split('.')) {
    if (Number(part) > 255) return undefined;
    value = value * 256n + BigInt(part);
  }
  return { bits: 32, value };
}

function parseIpv6(text: string): IpAddress | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  if (left === undefined || right === undefined) return undefined;
  const missing = IPV6_GROUPS - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  let value = 0n;
  for (const group of [...left, ...Array.from({ length: missing }, () => 0n), ...right])
    value = value * 65_536n + group;
  return value >> 32n === MAPPED_PREFIX ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

function groups(text: string): bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  return parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part)) ? parts.map((part) => BigInt(`0x${part}`)) : undefined;
}
