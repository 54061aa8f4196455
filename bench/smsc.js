// `node smsc.js PORT`: an SMSC on node-smpp for load. It takes everything and sends a receipt for
// each message 50 ms later, as the project's own simulator does.
'use strict';
const smpp = require('../tests/peers/node_modules/smpp');

const SOON = 50; // milliseconds
let lastId = Date.now() * 1000; // so that no id comes again

function submit(session, pdu) {
  const id = String((lastId += 1));
  session.send(pdu.response({ message_id: id }));
  const receipt = {
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message: `id:${id} sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:DELIVRD err:000 text:`,
  };
  setTimeout(() => session.deliver_sm(receipt), SOON);
}

function serve(session) {
  session.on('error', () => session.destroy());
  session.on('bind_transceiver', (pdu) => session.send(pdu.response()));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    session.close();
  });
}

smpp.createServer({}, serve).listen(Number(process.argv[2]), '127.0.0.1');
