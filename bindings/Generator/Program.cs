// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Bindings;

const string Usage = """
    Generates C# bindings from a C header.
      --file HEADER                        the header
      --output FOLDER                      where the C# files go; other .cs files in there are deleted
      --layout FILE                        where the layout table in C goes
      --target NAME                        only this target (x64 or aarch64); default: all, which must agree
      --exclude NAME                       repeatable: a macro that has no place in the bindings
    """;

string? header = null, output = null, layout = null;
var targets = new List<Target>();
var excluded = new List<string>();
try
{
    for (int i = 0; i < args.Length; i += 2)
    {
        string value = args.ElementAtOrDefault(i + 1) ?? throw new BindingException($"{args[i]} needs a value\n{Usage}");
        switch (args[i])
        {
            case "--file": header = value; break;
            case "--output": output = value; break;
            case "--layout": layout = value; break;
            case "--target": targets.Add(Target.Named(value)); break;
            case "--exclude": excluded.Add(value); break;
            default: throw new BindingException($"unknown option {args[i]}\n{Usage}");
        }
    }

    if (header is null || output is null || layout is null)
    {
        throw new BindingException($"--file, --output and --layout are needed\n{Usage}");
    }

    var options = new GeneratorOptions { Exclude = excluded };
    GeneratedBindings bindings = BindingGenerator.Generate(header, targets.Count > 0 ? targets : Target.All, options);

    Directory.CreateDirectory(output);
    foreach (string file in Directory.GetFiles(output, "*.cs"))
    {
        if (!bindings.CSharpFiles.ContainsKey(Path.GetFileName(file)))
        {
            File.Delete(file);
        }
    }

    foreach ((string name, string text) in bindings.CSharpFiles)
    {
        File.WriteAllText(Path.Combine(output, name), text);
    }

    File.WriteAllText(layout, bindings.CLayout);
    return 0;
}
catch (BindingException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
