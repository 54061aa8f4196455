using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

const string Secret = "whsec_your_secret";

var app = WebApplication.Create(args);
app.MapPost("/", async (HttpRequest request) =>
{
    using var buffer = new MemoryStream();
    await request.Body.CopyToAsync(buffer);
    var body = buffer.ToArray(); // the bytes as they came
    if (!IsGenuine(request.Headers, body))
        return Results.Unauthorized();
    foreach (var e in JsonDocument.Parse(body).RootElement.GetProperty("events").EnumerateArray())
        Console.WriteLine($"{e.GetProperty("id")} {e.GetProperty("type")} {e.GetProperty("data")}");
    return Results.NoContent();
});
var port = Environment.GetEnvironmentVariable("PORT") ?? "4000";
Console.WriteLine($"Listening on port {port}");
app.Run($"http://*:{port}");

static bool IsGenuine(IHeaderDictionary headers, byte[] body)
{
    var id = headers["webhook-id"].ToString();
    var timestamp = headers["webhook-timestamp"].ToString();
    var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
    if (!long.TryParse(timestamp, out var sent) || Math.Abs(now - sent) > 300)
        return false; // seconds: whatever is older may be a recording
    var key = Convert.FromBase64String(Secret["whsec_".Length..]);
    byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
    var digest = Convert.ToBase64String(HMACSHA256.HashData(key, signed));
    var ours = Encoding.UTF8.GetBytes("v1," + digest);
    return headers["webhook-signature"].ToString().Split(' ').Any(theirs =>
        CryptographicOperations.FixedTimeEquals(ours, Encoding.UTF8.GetBytes(theirs)));
}
