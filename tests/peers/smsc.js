// A small SMSC on node-smpp for the tests: takes everything, sends a receipt for each message, and
// prints its port first and then one JSON line for each submission, answered receipt and unbind.
'use strict';
const smpp = require('smpp');

let lastId = 0;
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

function submit(session, pdu) {
  const id = String((lastId += 1));
  say({
    submitted: id,
    to: pdu.destination_addr,
    from: pdu.source_addr,
    ton: pdu.source_addr_ton,
    coding: pdu.data_coding,
    text: pdu.short_message.message,
    udh: (pdu.short_message.udh || []).map((element) => element.toString('hex')),
  });
  session.send(pdu.response({ message_id: id }));
  const text = `id:${id} sub:001 dlvrd:001 submit date:2411221200 done date:2411221201 stat:DELIVRD err:000 text:`;
  session.deliver_sm(
    {
      source_addr: pdu.destination_addr,
      destination_addr: pdu.source_addr,
      esm_class: 4,
      short_message: text,
    },
    (answer) => say({ acknowledged: id, status: answer.command_status }),
  );
}

function serve(session) {
  session.on('error', () => session.destroy());
  session.on('bind_transceiver', (pdu) => {
    const refused = pdu.password !== 'secret';
    session.send(pdu.response({ command_status: refused ? smpp.ESME_RINVPASWD : 0 }));
    if (!refused) session.enquire_link({}, () => say({ alive: true }));
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('unbind', (pdu) => {
    say({ unbound: true });
    session.send(pdu.response());
    session.close();
  });
}

const server = smpp.createServer({}, serve);
server.listen(0, '127.0.0.1', () => say({ port: server.address().port }));
