using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;

namespace Hubbub.Server.Auth;

/// <summary>
/// What a browser carries for us between two requests, sealed (AES-256-GCM) by a key that every node derives from the signing key: whichever node the browser comes back to opens it. The framework's own
/// protection has keys of each machine alone. Thread-safe; no input makes it throw.
/// </summary>
internal sealed class Sealed<T>(byte[] key, IDataSerializer<T> serializer) : ISecureDataFormat<T>
{
    private const int NonceLength = 12;
    private const int TagLength = 16;

    public string Protect(T data) => Protect(data, null);

    public string Protect(T data, string? purpose)
    {
        var plain = serializer.Serialize(data);
        var whole = new byte[NonceLength + TagLength + plain.Length];
        RandomNumberGenerator.Fill(whole.AsSpan(0, NonceLength));
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(whole.AsSpan(0, NonceLength), plain, whole.AsSpan(NonceLength + TagLength), whole.AsSpan(NonceLength, TagLength), Associated(purpose));
        return Base64Url.EncodeToString(whole);
    }

    public T? Unprotect(string? protectedText) => Unprotect(protectedText, null);

    public T? Unprotect(string? protectedText, string? purpose)
    {
        try
        {
            var whole = Base64Url.DecodeFromChars(protectedText);
            if (whole.Length < NonceLength + TagLength)
                return default;
            var plain = new byte[whole.Length - NonceLength - TagLength];
            using var aes = new AesGcm(key, TagLength);
            aes.Decrypt(whole.AsSpan(0, NonceLength), whole.AsSpan(NonceLength + TagLength), whole.AsSpan(NonceLength, TagLength), plain, Associated(purpose));
            return serializer.Deserialize(plain);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return default;
        }
    }

    private static byte[] Associated(string? purpose) => Encoding.UTF8.GetBytes(purpose ?? "");
}

/// <summary>A text as its UTF-8.</summary>
internal sealed class TextSerializer : IDataSerializer<string>
{
    public byte[] Serialize(string model) => Encoding.UTF8.GetBytes(model);

    public string Deserialize(byte[] data) => Encoding.UTF8.GetString(data);
}
