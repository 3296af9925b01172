import { connect, createServer, type Server, type Socket } from 'node:net';

/** `silent`: what is sent arrives, and no answer comes back. `cut`: nobody is there. */
export type ProxyMode = 'open' | 'silent' | 'cut';

/** A TCP proxy on the loopback interface that can lose answers and connections. */
export class CuttableProxy {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private mode: ProxyMode = 'open';

  private constructor(target: string) {
    const [host = '', port = ''] = target.split(':');
    this.server = createServer((near) => {
      if (this.mode === 'cut') {
        near.destroy();
        return;
      }
      const far = connect(Number(port), host);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          this.sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.on('data', (data) => far.write(data));
      far.on('data', (data) => {
        if (this.mode !== 'silent') near.write(data);
      });
    });
  }

  static async start(target: string): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(target);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    const address = this.server.address();
    return `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  }

  /** Connections of the old mode are closed, unless only answers are to be lost. */
  set(mode: ProxyMode): void {
    this.mode = mode;
    if (mode !== 'silent') for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.set('cut');
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
