"""The sign-in that makes a connection a bind, to send, to receive, or for both."""

import asyncio
import logging

from flashsms.carriers.contract import CarrierError
from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp import pdu as smpp
from flashsms.carriers.smpp.pdu import Pdu
from flashsms.carriers.smpp.status import BIND_FAILED, INVALID_COMMAND, Kind, judge

logger = logging.getLogger(__name__)

UNKNOWN_ERROR = 0xFF  # what a refusal without a reason is taken for
_NO_TRANSCEIVER = "The carrier does not offer one bind for both directions: write bind=pair"


class BindRefusedError(CarrierError):
    """The carrier does not let us in.

    Permanent when hurry would not help; `fault` when only an operator can change it for certain.
    """

    def __init__(self, status: int, role: int = smpp.BIND_TRANSCEIVER) -> None:
        verdict = judge(status)
        reason, self.fault = verdict.reason, verdict.kind is Kind.CONFIGURATION
        if status == INVALID_COMMAND and role == smpp.BIND_TRANSCEIVER:
            reason, self.fault = _NO_TRANSCEIVER, True
        permanent = self.fault or status == BIND_FAILED
        super().__init__(f"{reason.rstrip('.')} ({verdict.code}).", permanent=permanent)


class SignIn:
    """One bind request and its answer; `role` is the request's command."""

    def __init__(self, options: CarrierOptions, role: int) -> None:
        self._options = options
        self._role = role
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def answered(self) -> bool:
        """Whether nothing more is waited for."""
        return self._answered.done()

    @property
    def bound(self) -> bool:
        """Whether the carrier let us in."""
        return self._answered.done() and self._answered.exception() is None

    def request(self, sequence: int) -> bytes:
        """The PDU to send."""
        options = self._options
        body = smpp.encode_bind(
            options.user, options.password, options.system_type, options.address_range
        )
        return smpp.encode(self._role, sequence, body)

    def answer(self, pdu: Pdu) -> None:
        """Take the answer, or a generic_nack; a further one changes nothing."""
        if self._answered.done():
            logger.warning("a second answer to the sign-in, command 0x%08X", pdu.command)
        elif pdu.status or pdu.command == smpp.GENERIC_NACK:
            refused = BindRefusedError(pdu.status or UNKNOWN_ERROR, self._role)
            self._answered.set_exception(refused)
        else:
            self._answered.set_result(None)

    def lose(self) -> None:
        """The connection is gone."""
        if not self._answered.done():
            self._answered.set_exception(ConnectionError("the carrier hung up during the sign-in"))
            self._answered.exception()  # the one who waited may have stopped waiting

    async def wait(self, timeout: float) -> None:
        """Return once bound. Raises BindRefusedError, TimeoutError or ConnectionError."""
        async with asyncio.timeout(timeout):
            await asyncio.shield(self._answered)
