import { Agent, request as send } from 'node:http'

export interface Client {
  /** Posts JSON and gives the JSON of the answer; rejects when its status is not 2xx. */
  post(path: string, body: object): Promise<unknown>
}

/** Makes a client that keeps `connections` connections open. */
export function client(base: URL, secret: string, connections: number): Client {
  // A connection that idles is closed here before the runtime does, or a request meets its end.
  const agent = new Agent({ keepAlive: true, maxSockets: connections, timeout: 2000 })
  const { hostname, port } = base
  return {
    post: (path, body) =>
      new Promise((resolve, reject) => {
        const text = JSON.stringify(body)
        const headers = {
          authorization: `Bearer ${secret}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }
        const request = send({ agent, hostname, port, path, method: 'POST', headers }, (answer) => {
          let received = ''
          answer.setEncoding('utf8')
          answer.on('data', (chunk: string) => (received += chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            const status = answer.statusCode ?? 0
            if (status >= 200 && status < 300) return resolve(JSON.parse(received))
            return reject(new Error(`${path} answered ${status}: ${received}`))
          })
        })
        request.on('error', reject)
        request.end(text)
      }),
  }
}
