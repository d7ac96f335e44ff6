// SPDX-License-Identifier: Apache-2.0
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace KleidiSharp.Fuzz;

/// <summary>
/// Gives each basic block of a module a byte that it increments. The bytes lie where the static field <c>Counters</c>
/// of an added class <c>BlockCounters</c> points to, which has to be set before any other code of the module runs; its
/// field <c>Methods</c> holds the name of each block's method, a line each.
/// </summary>
internal sealed class BlockCounters
{
    private readonly ModuleDefinition module;
    private readonly TypeDefinition holder;
    private readonly FieldDefinition pointer;

    public BlockCounters(ModuleDefinition module)
    {
        this.module = module;
        const TypeAttributes staticClass = TypeAttributes.Abstract | TypeAttributes.Sealed | TypeAttributes.Public;
        holder = new TypeDefinition("KleidiSharp.Fuzz", "BlockCounters", staticClass, module.TypeSystem.Object);
        pointer = new FieldDefinition("Counters", FieldAttributes.Public | FieldAttributes.Static, module.TypeSystem.IntPtr);
        holder.Fields.Add(pointer);
    }

    /// <summary>The method of each block.</summary>
    public List<string> Methods { get; } = [];

    public void CountEveryMethod()
    {
        foreach (MethodDefinition method in module.GetTypes().SelectMany(type => type.Methods).Where(m => m.HasBody))
        {
            CountBlocks(method);
        }

        const FieldAttributes constant = FieldAttributes.Public | FieldAttributes.Static | FieldAttributes.Literal;
        holder.Fields.Add(
            new FieldDefinition("Methods", constant, module.TypeSystem.String) { Constant = string.Join('\n', Methods) });
        module.Types.Add(holder);
    }

    private void CountBlocks(MethodDefinition method)
    {
        MethodBody body = method.Body;
        body.SimplifyMacros();
        ILProcessor il = body.GetILProcessor();
        var counted = new Dictionary<Instruction, Instruction>();
        foreach (Instruction leader in Leaders(body))
        {
            Instruction[] increment =
            [
                il.Create(OpCodes.Ldsfld, pointer), il.Create(OpCodes.Ldc_I4, Methods.Count), il.Create(OpCodes.Add),
                il.Create(OpCodes.Dup), il.Create(OpCodes.Ldind_U1), il.Create(OpCodes.Ldc_I4, 1), il.Create(OpCodes.Add),
                il.Create(OpCodes.Conv_U1), il.Create(OpCodes.Stind_I1),
            ];
            foreach (Instruction instruction in increment)
            {
                il.InsertBefore(leader, instruction);
            }

            counted.Add(leader, increment[0]);
            Methods.Add($"{method.DeclaringType.FullName}::{method.Name}");
        }

        Retarget(body, counted);
        body.OptimizeMacros();
    }

    // Where control can enter other than from the instruction before.
    private static List<Instruction> Leaders(MethodBody body)
    {
        var leaders = new HashSet<Instruction> { body.Instructions[0] };
        foreach (Instruction instruction in body.Instructions)
        {
            if (instruction.Operand is Instruction target)
            {
                leaders.Add(target);
            }

            if (instruction.Operand is Instruction[] targets)
            {
                leaders.UnionWith(targets);
            }

            if (instruction.OpCode.FlowControl == FlowControl.Cond_Branch)
            {
                leaders.Add(instruction.Next);
            }
        }

        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            leaders.Add(handler.HandlerStart);
            if (handler.FilterStart is not null)
            {
                leaders.Add(handler.FilterStart);
            }
        }

        return [.. body.Instructions.Where(leaders.Contains)];
    }

    private static void Retarget(MethodBody body, Dictionary<Instruction, Instruction> counted)
    {
        Instruction To(Instruction target) => counted.GetValueOrDefault(target, target);
        foreach (Instruction instruction in body.Instructions)
        {
            instruction.Operand = instruction.Operand switch
            {
                Instruction target => To(target),
                Instruction[] targets => Array.ConvertAll(targets, To),
                object other => other,
                null => null,
            };
        }

        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            handler.TryStart = To(handler.TryStart);
            handler.TryEnd = To(handler.TryEnd);
            handler.HandlerStart = To(handler.HandlerStart);
            handler.HandlerEnd = handler.HandlerEnd is null ? null : To(handler.HandlerEnd);
            handler.FilterStart = handler.FilterStart is null ? null : To(handler.FilterStart);
        }
    }
}
