import { subscribe, unsubscribe, type Channel, type TracingChannel } from 'node:diagnostics_channel'
import type { DiagnosticsEnd, DiagnosticsMessage } from '../diagnostics-messages.ts'
import type { Watching } from './watching.ts'

type Heard<Message> = (message: Message) => void

/** Hears the messages of one server; gives the function that ends that. */
export function listenToChannel<Message extends DiagnosticsMessage>(
  { name }: Channel<unknown, Message>,
  { server, safely }: Watching,
  heard: Heard<Message>,
): () => void {
  function listener(given: unknown): void {
    const message = given as Message
    if (message.source !== server.source) return
    safely(() => {
      heard(message)
    })
  }
  subscribe(name, listener)
  return () => {
    unsubscribe(name, listener)
  }
}

/** Hears of work that has ended, once: at `end`, or at `asyncEnd` when it gave a promise. */
export function listenToEnds<Message extends DiagnosticsMessage & Partial<DiagnosticsEnd>>(
  channel: TracingChannel<unknown, Message>,
  watching: Watching,
  heard: Heard<Message & DiagnosticsEnd>,
): () => void {
  function hearEnd(message: Message): void {
    const { durationSeconds } = message
    if (durationSeconds !== undefined) heard(message as Message & DiagnosticsEnd)
  }
  const stops = [listenToChannel(channel.end, watching, hearEnd), listenToChannel(channel.asyncEnd, watching, hearEnd)]
  return () => {
    for (const stop of stops) stop()
  }
}
