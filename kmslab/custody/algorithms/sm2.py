"""SM2 with SM3: signatures, encryption and agreement on China's curve (GB/T 32918, parts 2 to 5).

The curve arithmetic is python-ecdsa's, which is not constant in time; `cryptography` has no SM2.
Good for study; not for anybody's secrets. Encodings: GM/T 0009-2012; keys as for any other curve.
"""

from hashlib import sha256
from hmac import compare_digest
from secrets import randbelow  # noqa: TID251 - encryption draws for itself, as in the library
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from ecdsa import der, rfc6979
from ecdsa.ellipticcurve import CurveFp, Point, PointJacobi

from kmslab.ambient.entropy import Entropy
from kmslab.model import messages
from kmslab.model.errors import InvalidCiphertextException, ValidationException

SIGNS: Final = "SM2DSA"
DIGEST_BYTES: Final = 32
SIZE: Final = 32  # bytes of a coordinate
EXTRA_BYTES: Final = 8  # FIPS 186-5, A.2.1: they make the bias negligible
DEFAULT_ID: Final = b"1234567812345678"  # of a signer who states none (GM/T 0009-2012, section 10)

# GB/T 32918.5, section 2: the recommended curve.
P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A: Final = P - 3
B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX: Final = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY: Final = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
CURVE: Final = CurveFp(P, A, B, 1)
G: Final = PointJacobi(CURVE, GX, GY, 1, N, generator=True)

# AlgorithmIdentifier of a key on it: id-ecPublicKey, 1.2.156.10197.1.301 (RFC 5480, section 2.1.1).
_ALGORITHM: Final = "301306072a8648ce3d020106082a811ccf5501822d"
SPKI: Final = bytes.fromhex(f"3059{_ALGORITHM}034200")
PKCS8_HEAD: Final = bytes.fromhex(f"308187020100{_ALGORITHM}046d306b0201010420")
PKCS8_MIDDLE: Final = bytes.fromhex("a144034200")


class PublicKey:
    """A point, in the shape of the library's key classes."""

    def __init__(self, point: Point) -> None:
        self.point = point

    def public_bytes(
        self, _encoding: serialization.Encoding, _format: serialization.PublicFormat
    ) -> bytes:
        """Return the SubjectPublicKeyInfo in DER."""
        return SPKI + _uncompressed(self.point)


class PrivateKey:
    """A number from 1 to n - 2, in the shape of the library's key classes."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._public = PublicKey((G * number).to_affine())

    def public_key(self) -> PublicKey:
        """Return the public half."""
        return self._public


def generate(spec: str, entropy: Entropy) -> bytes:
    """Make a private key, from 64 bits more than the order has."""
    del spec
    drawn = int.from_bytes(entropy.take(SIZE + EXTRA_BYTES))
    return private_der(PrivateKey(drawn % (N - 2) + 1))


def private_der(key: PrivateKey) -> bytes:
    """Write a private key as PKCS #8 (RFC 5915 within RFC 5958)."""
    public = _uncompressed(key.public_key().point)
    return PKCS8_HEAD + key.number.to_bytes(SIZE) + PKCS8_MIDDLE + public


def load(raw: bytes) -> PrivateKey:
    """Return the key of a record that was sealed by us."""
    start = len(PKCS8_HEAD)
    return PrivateKey(int.from_bytes(raw[start : start + SIZE]))


def parse(raw: bytes) -> PrivateKey:
    """Read a private key from outside: PKCS #8, this curve by its name; its public half is optional.

    Raises:
        ValueError: it is something else, or no number from 1 to n - 2.
    """
    try:
        body, rest = der.remove_sequence(raw)
        _, body = der.remove_integer(body)
        algorithm, body = der.remove_sequence(body)
        octets, _ = der.remove_octet_string(body)
        inner, slack = der.remove_sequence(octets)
        version, inner = der.remove_integer(inner)
        number, _ = der.remove_octet_string(inner)
    except der.UnexpectedDER:
        raise ValueError("no PKCS #8 of an elliptic key") from None
    is_ours = algorithm.hex() == _ALGORITHM[4:] and version == 1 and len(number) == SIZE
    if rest or slack or not is_ours or not 0 < int.from_bytes(number) < N - 1:
        raise ValueError("no private key of this curve")
    return PrivateKey(int.from_bytes(number))


def digest(key: PrivateKey, message: bytes) -> bytes:
    """Hash a message together with its signer (GB/T 32918.2, sections 5.5 and 6.1, steps 1 and 2)."""
    length = (8 * len(DEFAULT_ID)).to_bytes(2)
    curve = b"".join(number.to_bytes(SIZE) for number in (A, B, GX, GY))
    signer = _sm3(length + DEFAULT_ID + curve + _uncompressed(key.public_key().point)[1:])
    return _sm3(signer + message)


def sign(key: PrivateKey, hashed: bytes, algorithm: str) -> bytes:
    """Sign a digest (GB/T 32918.2, section 6.1); the nonce follows from key and digest."""
    del algorithm
    e, d = int.from_bytes(hashed), key.number
    nonce = rfc6979.generate_k(N, d, sha256, hashed)
    r = (e + (G * nonce).x()) % N
    s = pow(1 + d, -1, N) * (nonce - r * d) % N
    signature: bytes = der.encode_sequence(der.encode_integer(r), der.encode_integer(s))
    return signature


def is_valid(key: PrivateKey, hashed: bytes, signature: bytes, algorithm: str) -> bool:
    """Tell whether a signature of a digest is good (GB/T 32918.2, section 7.1)."""
    del algorithm
    try:
        r, s = _two_integers(signature)
    except der.UnexpectedDER:
        return False
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N and t):
        return False
    found = G.mul_add(s, PointJacobi.from_affine(key.public_key().point), t)
    return bool((int.from_bytes(hashed) + found.x()) % N == r)


def encrypt(key: PrivateKey, plaintext: bytes, algorithm: str) -> bytes:
    """Encrypt under the public key (GB/T 32918.4, section 6.1)."""
    del algorithm
    nonce = randbelow(N - 1) + 1
    ephemeral = (G * nonce).to_affine()
    shared = (PointJacobi.from_affine(key.public_key().point) * nonce).to_affine()
    ciphertext: bytes = der.encode_sequence(
        der.encode_integer(ephemeral.x()),
        der.encode_integer(ephemeral.y()),
        der.encode_octet_string(_tag(shared, plaintext)),
        der.encode_octet_string(_masked(shared, plaintext)),
    )
    return ciphertext


def decrypt(key: PrivateKey, ciphertext: bytes, algorithm: str) -> bytes:
    """Decrypt (GB/T 32918.4, section 7.1).

    Raises:
        InvalidCiphertextException: this key did not make the ciphertext, or it was altered.
    """
    del algorithm
    try:
        body, rest = der.remove_sequence(ciphertext)
        x, body = der.remove_integer(body)
        y, body = der.remove_integer(body)
        tag, body = der.remove_octet_string(body)
        masked, body = der.remove_octet_string(body)
        shared = (_point(x, y) * key.number).to_affine()
    except (der.UnexpectedDER, ValueError):
        raise InvalidCiphertextException from None
    plaintext = _masked(shared, masked)
    if rest or body or not compare_digest(_tag(shared, plaintext), tag):
        raise InvalidCiphertextException
    return plaintext


def shared_secret(key: PrivateKey, public_key: bytes) -> bytes:
    """Agree on a secret with the holder of a public key (DER): the raw x coordinate.

    Raises:
        ValidationException: the public key is not one of this curve.
    """
    head, raw = public_key[: len(SPKI) + 1], public_key[len(SPKI) + 1 :]
    if head != SPKI + b"\4" or len(raw) != 2 * SIZE:
        raise ValidationException(messages.WRONG_PUBLIC_KEY)
    try:
        point = _point(int.from_bytes(raw[:SIZE]), int.from_bytes(raw[SIZE:]))
    except ValueError:
        raise ValidationException(messages.WRONG_PUBLIC_KEY) from None
    return int((point * key.number).x()).to_bytes(SIZE)


def _two_integers(signature: bytes) -> tuple[int, int]:
    body, rest = der.remove_sequence(signature)
    r, body = der.remove_integer(body)
    s, body = der.remove_integer(body)
    if rest or body:
        raise der.UnexpectedDER("something follows the signature")
    return r, s


def _point(x: int, y: int) -> PointJacobi:
    """Return the point with these coordinates.

    Raises:
        ValueError: it is not on the curve.
    """
    if not (x < P and y < P and CURVE.contains_point(x, y)):
        raise ValueError("not on the curve")
    return PointJacobi(CURVE, x, y, 1, N)


def _uncompressed(point: Point) -> bytes:
    return b"\4" + _coordinates(point)


def _coordinates(point: Point) -> bytes:
    return int(point.x()).to_bytes(SIZE) + int(point.y()).to_bytes(SIZE)


def _masked(shared: Point, text: bytes) -> bytes:
    """Add the stream of a shared point to a text, or take it away (GB/T 32918.4, section 5.4.3)."""
    stream = X963KDF(SM3(), len(text), None).derive(_coordinates(shared))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))


def _tag(shared: Point, plaintext: bytes) -> bytes:
    coordinates = _coordinates(shared)
    return _sm3(coordinates[:SIZE] + plaintext + coordinates[SIZE:])


def _sm3(data: bytes) -> bytes:
    hashing = Hash(SM3())
    hashing.update(data)
    return hashing.finalize()
