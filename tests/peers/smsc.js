// A small SMSC on node-smpp for the tests: takes everything, sends a receipt for each message, and
// prints its port first and then one JSON line for each bind, submission, answered receipt and
// unbind. Run with the files of a key and a certificate it speaks TLS.
//
// The last four digits of a number ask for more: 9001 for a receipt by data_sm, 9002 for an unbind
// from this side after the receipt, 9003 for a text from that number by data_sm, 9004 for requests
// that an SMSC should not send.
'use strict';
const fs = require('fs');
const smpp = require('smpp');

let lastId = 0;
const receivers = [];
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const hex = (elements) => (elements || []).map((element) => element.toString('hex'));

function report(session, pdu, id) {
  const addresses = { source_addr: pdu.destination_addr, destination_addr: pdu.source_addr };
  const acknowledged = (answer) =>
    say({ acknowledged: id, by: answer.command, status: answer.command_status });
  if (pdu.destination_addr.endsWith('9001')) {
    session.data_sm(
      { ...addresses, esm_class: 4, receipted_message_id: id, message_state: 2 },
      acknowledged,
    );
    return;
  }
  const text = `id:${id} sub:001 dlvrd:001 submit date:2411221200 done date:2411221201 stat:DELIVRD err:000 text:`;
  session.deliver_sm({ ...addresses, esm_class: 4, short_message: text }, (answer) => {
    acknowledged(answer);
    if (pdu.destination_addr.endsWith('9002')) {
      session.unbind({}, (last) => {
        say({ unboundByUs: last.command_status });
        session.close();
      });
    }
  });
}

function extras(session, pdu) {
  if (pdu.destination_addr.endsWith('9003')) {
    session.data_sm(
      {
        source_addr: pdu.destination_addr,
        destination_addr: '1234',
        data_coding: 8,
        message_payload: 'Wo ho te sɛn?',
      },
      (answer) => say({ textAnswered: answer.command, status: answer.command_status }),
    );
  }
  if (pdu.destination_addr.endsWith('9004')) {
    for (const command of ['query_sm', 'submit_sm', 'outbind', 'alert_notification']) {
      session[command]({}, (answer) =>
        say({ refused: command, by: answer.command, status: answer.command_status }),
      );
    }
  }
}

function submit(session, pdu) {
  const id = String((lastId += 1));
  const message = pdu.message_payload || pdu.short_message;
  say({
    submitted: id,
    to: pdu.destination_addr,
    from: pdu.source_addr,
    ton: pdu.source_addr_ton,
    coding: pdu.data_coding,
    service: pdu.service_type,
    validity: pdu.validity_period,
    text: message.message,
    udh: hex(message.udh),
    sar: [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum],
    payload: Boolean(pdu.message_payload),
  });
  session.send(pdu.response({ message_id: id }));
  const receiver = receivers.includes(session) ? session : receivers[0];
  report(receiver, pdu, id);
  extras(receiver, pdu);
}

function bind(session, pdu) {
  const refused = pdu.password !== 'secret';
  session.send(pdu.response({ command_status: refused ? smpp.ESME_RINVPASWD : 0 }));
  if (refused) return;
  say({ bound: pdu.command, type: pdu.system_type, range: pdu.address_range });
  if (pdu.command !== 'bind_transmitter') receivers.push(session);
  session.enquire_link({}, () => say({ alive: true }));
}

function serve(session) {
  session.on('error', () => session.destroy());
  session.on('close', () => {
    if (receivers.includes(session)) receivers.splice(receivers.indexOf(session), 1);
  });
  for (const role of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(role, (pdu) => bind(session, pdu));
  }
  session.on('enquire_link', (pdu) => {
    say({ enquired: true });
    session.send(pdu.response());
  });
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('unbind', (pdu) => {
    say({ unbound: true });
    session.send(pdu.response());
    session.close();
  });
}

const [key, cert] = process.argv.slice(2).map((file) => fs.readFileSync(file));
const server = smpp.createServer({ key, cert }, serve);
server.listen(0, '127.0.0.1', () => say({ port: server.address().port }));
